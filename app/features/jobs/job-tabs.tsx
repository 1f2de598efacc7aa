import { paths } from '#app/paths.ts'
import { Tabs } from '#app/ui/layout.tsx'

/** The pages about what workers do for an engagement. */
export function JobTabs({
  engagementId,
  current,
}: {
  engagementId: string
  current: 'all' | 'dead' | 'schedules' | 'environments'
}) {
  return (
    <Tabs
      label="Work of the workers"
      tabs={[
        { label: 'All jobs', to: paths.jobs(engagementId), isCurrent: current === 'all' },
        { label: 'Dead letters', to: paths.jobs(engagementId, 'dead'), isCurrent: current === 'dead' },
        { label: 'Schedules', to: paths.schedules(engagementId), isCurrent: current === 'schedules' },
        { label: 'Environments', to: paths.environments(engagementId), isCurrent: current === 'environments' },
      ]}
    />
  )
}
