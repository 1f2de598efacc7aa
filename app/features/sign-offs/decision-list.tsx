import { Link } from '@remix-run/react'
import type { DecisionOutcome } from '#app/domain/outcome.ts'
import { OUTCOME_VERBS } from '#app/domain/outcome.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'

const GOOD: readonly DecisionOutcome[] = ['approved', 'approved_with_conditions', 'restored']

/** Who decided what, in the order of the record, newest first. */
export function DecisionList({
  decisions,
  engagementId,
  zone,
}: {
  decisions: readonly {
    readonly id: string
    readonly seq: number
    readonly outcome: DecisionOutcome
    readonly side: 'consultancy' | 'client'
    readonly decidedByName: string
    readonly authority: string
    readonly rationale: string
    readonly at: Date
    readonly title?: string
  }[]
  engagementId: string
  zone: string
}) {
  return (
    <ul className="grid gap-2">
      {decisions.map((decision) => (
        <li key={decision.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={GOOD.includes(decision.outcome) ? 'met' : 'risk'}>
              {decision.decidedByName} {OUTCOME_VERBS[decision.outcome]} it
            </Badge>
            <span className="text-sm text-muted">
              {decision.authority} · {decision.side === 'client' ? 'client' : 'our side'} ·{' '}
              <Time at={decision.at} zone={zone} />
            </span>
            <Link to={paths.decision(engagementId, decision.id)} className="text-sm">
              Record no. {decision.seq}
            </Link>
          </div>
          {decision.rationale === '' ? null : <p className="prose-width mt-1">{decision.rationale}</p>}
        </li>
      ))}
    </ul>
  )
}
