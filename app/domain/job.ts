import type { Refusal } from './errors.ts'
import type { EngagementState, Standing } from './engagement.ts'
import { endedRefusal, isTeam } from './engagement.ts'

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

/**
 * Why an attempt ended otherwise than well. `exit_code`: the program said so itself; `exception`: it stopped on an error
 * of its own; `crashed`: the runner under it went away; `not_started`: it never began (data or engine not reachable);
 * `worker_lost`: the worker was not heard of within the lease.
 */
export const JOB_REASONS = [
  'exit_code',
  'exception',
  'out_of_memory',
  'crashed',
  'time_limit',
  'cancelled',
  'not_started',
  'worker_lost',
  'tracking_lost',
] as const
export type JobReason = (typeof JOB_REASONS)[number]

export const JOB_REASON_WORDS: Readonly<Record<JobReason, string>> = {
  exit_code: 'Exit code',
  exception: 'Exception',
  out_of_memory: 'Out of memory',
  crashed: 'Crashed',
  time_limit: 'Time limit',
  cancelled: 'Cancelled',
  not_started: 'Not started',
  worker_lost: 'Worker lost',
  tracking_lost: 'Tracking lost',
}

/** How an attempt ended: the state, why, and one sentence for people. */
export interface JobEnd {
  readonly state: Exclude<JobState, 'queued' | 'running'>
  /** Null when it succeeded. */
  readonly reasonCode: JobReason | null
  readonly reason: string
  /** The program's own status; null when it had none. */
  readonly exitCode: number | null
}

/** A running job whose heartbeat is older than this has lost its worker. */
export const LEASE_SECONDS = 8
export const HEARTBEAT_SECONDS = 2
/** How often a job is started before it stays ended. What a person's code does wrong is not tried again. */
export const ATTEMPTS_MAX = 3
export const TRAIN_TIMEOUT_SECONDS = 300
export const TRAIN_MEMORY_MB_MAX = 900

const RETRIED: ReadonlySet<JobReason> = new Set(['crashed', 'not_started', 'worker_lost', 'tracking_lost'])
const RETRY_SECONDS_MAX = 15 * 60

/**
 * How long to wait before an attempt that ended so is repeated; null when it is not repeated. Exponential backoff, so
 * that a fault of the house is not hammered: 2, 4, 8 … seconds, at most 15 minutes, varied by a fifth.
 * @param attempt the attempt that ended, from 1
 * @param variation 0 to 1, drawn by the caller
 */
export function retryDelaySeconds(reason: JobReason | null, attempt: number, variation: number): number | null {
  if (reason === null || !RETRIED.has(reason) || attempt >= ATTEMPTS_MAX) return null
  return Math.min(2 ** attempt, RETRY_SECONDS_MAX) * (0.8 + 0.4 * variation)
}

export const JOB_PRIORITIES = ['low', 'normal', 'high'] as const
export type JobPriority = (typeof JOB_PRIORITIES)[number]
/** Within one engagement the higher goes first; between engagements the one served longest ago goes first. */
export const JOB_PRIORITY_RANK: Readonly<Record<JobPriority, number>> = { low: -1, normal: 0, high: 1 }

export function isJobEnded(state: JobState): boolean {
  return state !== 'queued' && state !== 'running'
}

/** A dead letter: it ended otherwise than well, and nobody chose that. It can be replayed. */
export function isDeadLetter(state: JobState): boolean {
  return state === 'failed' || state === 'timed_out' || state === 'lost'
}

/** Who may let workers work. */
export function runJobsRefusal(standing: Standing): Refusal | null {
  const mayRun = standing.seats.some((seat) =>
    ['engagement_lead', 'data_scientist', 'engineer'].includes(seat.function),
  )
  return isTeam(standing) && mayRun ? null : { reason: 'The engagement’s lead, consultants and engineers run jobs.' }
}

/** Why somebody may not start work of workers in an engagement: who they are, or that it has ended. */
export function startJobRefusal(standing: Standing, engagement: EngagementState): Refusal | null {
  return runJobsRefusal(standing) ?? endedRefusal(engagement)
}

/** What still runs can be ended, also when its engagement was. */
export function cancelRefusal(standing: Standing, state: JobState): Refusal | null {
  if (isJobEnded(state)) return { reason: `The job is already ${JOB_STATE_WORDS[state].toLowerCase()}.` }
  return runJobsRefusal(standing)
}

/** Replaying asks for the same work again as a new job, so that what happened before stays readable. */
export function replayRefusal(
  standing: Standing,
  { state, engagement }: { readonly state: JobState; readonly engagement: EngagementState },
): Refusal | null {
  if (!isJobEnded(state)) return { reason: `The job is still ${JOB_STATE_WORDS[state].toLowerCase()}.` }
  if (state === 'succeeded') return { reason: 'The job succeeded. Start a new one to train again.' }
  return startJobRefusal(standing, engagement)
}
