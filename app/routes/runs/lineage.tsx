import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { parseLineageEnd } from '#app/domain/lineage.ts'
import { LineageView, StartLink } from '#app/features/runs/lineage-view.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { traceLineage } from '#db/queries/lineage.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Lineage · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, url }) => ({
  engagementId,
  lineage: url.searchParams.get('from')
    ? await traceLineage(tx, engagementId, parseLineageEnd(url.searchParams.get('from') ?? ''))
    : null,
}))

export default function Lineage() {
  const { engagementId, lineage } = useLoaderData<typeof loader>()
  if (lineage === null)
    return (
      <>
        <PageHeader crumbs={[{ label: 'Evidence', to: paths.evidence(engagementId) }]} title="What rests on what?" />
        <EmptyState
          title="Choose where to begin"
          action={
            <span className="flex flex-wrap gap-2">
              <LinkButton to={paths.runs(engagementId)}>Runs</LinkButton>
              <LinkButton to={paths.models(engagementId)}>Models</LinkButton>
            </span>
          }
        >
          Open a run or a version of a model; its page leads to what it rests on and to what rests on it.
        </EmptyState>
      </>
    )
  const start = lineage.nodes.find((node) => node.direction === 'start')
  const count = (direction: string) => lineage.nodes.filter((node) => node.direction === direction).length
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Evidence', to: paths.evidence(engagementId) }]}
        title={`What does ${start?.name ?? 'it'} rest on, and what rests on it?`}
        verdict={`It rests on ${String(count('up'))} things; ${String(count('down'))} rest on it.${lineage.isCut ? ' There is more than is shown here.' : ''}`}
        action={start && <StartLink engagementId={engagementId} node={start} />}
      />
      <LineageView engagementId={engagementId} nodes={lineage.nodes} />
    </>
  )
}
