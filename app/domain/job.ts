import type { Refusal } from './errors.ts'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost'] as const
export type JobState = (typeof JOB_STATES)[number]

export const JOB_STATE_WORDS: Readonly<Record<JobState, string>> = {
  queued: 'Queued',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  timed_out: 'Timed out',
  cancelled: 'Cancelled',
  lost: 'Lost',
}

/** A running job whose heartbeat is older than this has lost its worker. */
export const LEASE_SECONDS = 10
export const HEARTBEAT_SECONDS = 3
/** How often a job whose worker died is started again before it is `lost`. */
export const ATTEMPTS_MAX = 2
export const TRAIN_TIMEOUT_SECONDS = 300
export const TRAIN_MEMORY_MB_MAX = 900

export function isJobEnded(state: JobState): boolean {
  return state !== 'queued' && state !== 'running'
}

export function startJobRefusal(standing: Standing): Refusal | null {
  const mayRun = standing.seats.some((seat) =>
    ['engagement_lead', 'data_scientist', 'engineer'].includes(seat.function),
  )
  return isTeam(standing) && mayRun ? null : { reason: 'The engagement’s lead, consultants and engineers run jobs.' }
}

export function cancelRefusal(standing: Standing, state: JobState): Refusal | null {
  if (isJobEnded(state)) return { reason: `The job is already ${JOB_STATE_WORDS[state].toLowerCase()}.` }
  return startJobRefusal(standing)
}
