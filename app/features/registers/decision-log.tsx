import { Link } from '@remix-run/react'
import type { DecisionOutcome } from '#app/domain/outcome.ts'
import { OUTCOME_VERBS } from '#app/domain/outcome.ts'
import { paths } from '#app/paths.ts'
import { Time } from '#app/ui/time.tsx'

/** Decisions in the order of the record, newest first, a page at a time. */
export function DecisionLog({
  decisions,
  engagementId,
  zone,
  pageSize,
}: {
  decisions: readonly {
    readonly id: string
    readonly seq: number
    readonly title: string
    readonly outcome: DecisionOutcome
    readonly decidedByName: string
    readonly rationale: string
    readonly at: Date
  }[]
  engagementId: string
  zone: string
  pageSize: number
}) {
  const last = decisions.at(-1)
  if (last === undefined) return <p className="text-muted">Nothing was decided yet.</p>
  return (
    <>
      <ol className="grid gap-1">
        {decisions.map((decision) => (
          <li key={decision.id}>
            <Link to={paths.decision(engagementId, decision.id)}>No. {decision.seq}</Link> {decision.decidedByName}{' '}
            {OUTCOME_VERBS[decision.outcome]} “{decision.title}”
            <span className="text-sm text-muted">
              {' '}
              · <Time at={decision.at} zone={zone} />
              {decision.rationale === '' ? '' : ` · ${decision.rationale}`}
            </span>
          </li>
        ))}
      </ol>
      {decisions.length < pageSize ? null : (
        <p className="mt-3">
          <Link to={`?before=${String(last.seq)}`}>Earlier decisions</Link>
        </p>
      )}
    </>
  )
}
