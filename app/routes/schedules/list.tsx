import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { startJobRefusal } from '#app/domain/job.ts'
import { whenWords } from '#app/features/schedules/schedule-words.ts'
import { JobTabs } from '#app/features/jobs/job-tabs.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listSchedules } from '#db/queries/schedules.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Schedules · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor }) => ({
  engagementId,
  zone: actor.timeZone,
  mayAdd: startJobRefusal(standing, engagement.state) === null,
  schedules: await listSchedules(tx, engagementId),
}))

export default function Schedules() {
  const { engagementId, zone, mayAdd, schedules } = useLoaderData<typeof loader>()
  const add = mayAdd ? (
    <LinkButton to={paths.newSchedule(engagementId)} look="primary">
      Make a schedule
    </LinkButton>
  ) : undefined
  const activeCount = schedules.filter((schedule) => schedule.pausedAt === null).length
  return (
    <>
      <PageHeader
        title="What starts by itself?"
        verdict={schedules.length === 0 ? undefined : `${String(activeCount)} of ${String(schedules.length)} active.`}
        action={add}
      />
      <JobTabs engagementId={engagementId} current="schedules" />
      {schedules.length === 0 ? (
        <EmptyState title="No schedule yet" action={add}>
          A schedule starts a training job at times, or when new data arrives, with the rights of whoever made it. What
          is live is retrained by a schedule that is made on the page of its endpoint.
        </EmptyState>
      ) : (
        <ul className="grid gap-2">
          {schedules.map((schedule) => (
            <li key={schedule.id} className="rounded-md border border-line bg-surface px-3 py-2">
              <p className="flex flex-wrap items-center gap-x-3">
                <Link to={paths.schedule(engagementId, schedule.id)} className="font-semibold">
                  {schedule.name}
                </Link>
                <Badge tone={schedule.pausedAt === null ? 'met' : 'unknown'}>
                  {schedule.pausedAt === null ? 'Active' : 'Paused'}
                </Badge>
              </p>
              <p className="text-sm text-muted">
                {whenWords(schedule)}
                {schedule.nextAt === null || schedule.pausedAt !== null ? null : (
                  <>
                    {' '}
                    · next <Time at={schedule.nextAt} zone={zone} />
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
