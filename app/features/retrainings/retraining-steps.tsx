import type { RetrainingState } from '#app/domain/retraining.ts'
import { Time } from '#app/ui/time.tsx'
import { RetrainingBadge } from '../state-badge.tsx'

/** Every step with when, who and why, oldest first. */
export function RetrainingSteps({
  moves,
  now,
  zone,
}: {
  moves: readonly {
    readonly id: number
    readonly state: RetrainingState
    readonly reason: string
    readonly actorName: string
    readonly at: Date
  }[]
  now: Date
  zone: string
}) {
  return (
    <ol className="grid gap-3">
      {moves.map((move) => (
        <li key={move.id}>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <RetrainingBadge state={move.state} />
            <span className="text-sm text-muted">
              <Time at={move.at} now={now} zone={zone} /> · {move.actorName}
            </span>
          </p>
          <p className="prose-width">{move.reason}</p>
        </li>
      ))}
    </ol>
  )
}
