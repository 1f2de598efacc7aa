import { Link } from '@remix-run/react'
import type { JobState } from '#app/domain/job.ts'
import type { RetrainingState } from '#app/domain/retraining.ts'
import type { FiringState } from '#app/domain/schedule.ts'
import { FIRING_STATE_WORDS } from '#app/domain/schedule.ts'
import { paths } from '#app/paths.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'
import { JobBadge, RetrainingBadge } from '../state-badge.tsx'

const TONES: Readonly<Record<FiringState, Tone>> = {
  waiting: 'accent',
  started: 'met',
  skipped: 'unknown',
  missed: 'risk',
  refused: 'breach',
}

/** What became of each firing, newest first. */
export function FiringList({
  firings,
  engagementId,
  zone,
}: {
  firings: readonly {
    readonly id: string
    readonly fireAt: Date
    readonly state: FiringState
    readonly reason: string
    readonly jobId: string | null
    readonly jobState: JobState | null
    readonly retrainingId: string | null
    readonly retrainingState: RetrainingState | null
  }[]
  engagementId: string
  zone: string
}) {
  if (firings.length === 0) return <p className="text-muted">It has not fired yet.</p>
  return (
    <ul className="grid gap-1">
      {firings.map((firing) => (
        <li key={firing.id} className="flex flex-wrap items-baseline gap-x-3">
          <Badge tone={TONES[firing.state]}>{FIRING_STATE_WORDS[firing.state]}</Badge>
          <Time at={firing.fireAt} zone={zone} />
          {firing.jobId === null || firing.jobState === null ? null : (
            <>
              <Link to={paths.job(engagementId, firing.jobId)}>its job</Link>
              <JobBadge state={firing.jobState} />
            </>
          )}
          {firing.retrainingId === null || firing.retrainingState === null ? null : (
            <>
              <Link to={paths.retraining(engagementId, firing.retrainingId)}>its retraining</Link>
              <RetrainingBadge state={firing.retrainingState} />
            </>
          )}
          <span className="text-sm text-muted">{firing.reason}</span>
        </li>
      ))}
    </ul>
  )
}
