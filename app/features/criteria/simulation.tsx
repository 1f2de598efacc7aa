import { Link } from '@remix-run/react'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { VerdictBadge } from '../verdict-badge.tsx'

const SHOWN_MAX = 12

/** What past runs would say to a draft. Nothing of it is stored: only signed criteria judge. */
export function Simulation({
  engagementId,
  runs,
  metCount,
}: {
  engagementId: string
  runs: readonly {
    readonly runId: string
    readonly runName: string
    readonly verdict: { readonly verdict: VerdictKind; readonly reason: string }
  }[]
  metCount: number
}) {
  if (runs.length === 0) return <p className="text-muted">There is no finished run yet to try it on.</p>
  return (
    <>
      <p className="mb-3 text-lg">
        {metCount} of {runs.length} past runs would have met this.
      </p>
      <ul className="grid gap-1">
        {runs.slice(0, SHOWN_MAX).map((run) => (
          <li key={run.runId} className="flex flex-wrap items-baseline gap-x-3">
            <VerdictBadge verdict={run.verdict.verdict} />
            <Link to={paths.run(engagementId, run.runId)}>{run.runName}</Link>
            <span className="text-sm text-muted">{run.verdict.reason}</span>
          </li>
        ))}
      </ul>
      {runs.length <= SHOWN_MAX ? null : (
        <p className="mt-2 text-sm text-muted">and {runs.length - SHOWN_MAX} older ones</p>
      )}
    </>
  )
}
