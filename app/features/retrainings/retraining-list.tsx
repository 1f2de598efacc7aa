import { Link } from '@remix-run/react'
import type { RetrainingState, RetrainingTrigger } from '#app/domain/retraining.ts'
import { paths } from '#app/paths.ts'
import { Time } from '#app/ui/time.tsx'
import { RetrainingBadge } from '../state-badge.tsx'

interface Retraining {
  readonly id: string
  readonly trigger: RetrainingTrigger
  readonly triggerNote: string
  readonly state: RetrainingState
  readonly reason: string
  readonly requestedByName: string
  readonly requestedAt: Date
}

/** What started a retraining, in a few words. */
export function triggerWords({
  trigger,
  triggerNote,
  requestedByName,
}: Pick<Retraining, 'trigger' | 'triggerNote' | 'requestedByName'>): string {
  switch (trigger) {
    case 'person':
      return `started by ${requestedByName}`
    case 'schedule':
      return triggerNote === ''
        ? `started by a schedule of ${requestedByName}`
        : `started by the schedule “${triggerNote}” of ${requestedByName}`
    case 'drift':
      return `started by drift, by a rule of ${requestedByName}`
  }
}

/** Retrainings of an endpoint, newest first, each with why it stands where it stands. */
export function RetrainingList({
  retrainings,
  engagementId,
  now,
  zone,
}: {
  retrainings: readonly Retraining[]
  engagementId: string
  now: Date
  zone: string
}) {
  return (
    <ul className="grid gap-2">
      {retrainings.map((retraining) => (
        <li key={retraining.id}>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <RetrainingBadge state={retraining.state} />
            <Link to={paths.retraining(engagementId, retraining.id)}>
              Retraining, <Time at={retraining.requestedAt} now={now} zone={zone} />
            </Link>
            <span className="text-sm text-muted">{triggerWords(retraining)}</span>
          </p>
          <p className="prose-width text-sm text-muted">{retraining.reason}</p>
        </li>
      ))}
    </ul>
  )
}
