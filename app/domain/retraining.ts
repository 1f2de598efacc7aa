import type { EngagementState, Standing } from './engagement.ts'
import { isClientAccountable, isLead, isOperator } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { runJobsRefusal } from './job.ts'
import type { JobState } from './job.ts'
import type { DeploymentState } from './deployment.ts'

/** `refused`: the data or the model did not fit, before anything was trained. `superseded`: another model went live meanwhile. */
export const RETRAINING_STATES = [
  'checking',
  'training',
  'judging',
  'awaiting_approval',
  'deploying',
  'done',
  'refused',
  'failed',
  'rejected',
  'cancelled',
  'superseded',
] as const
export type RetrainingState = (typeof RETRAINING_STATES)[number]

export const RETRAINING_STATE_WORDS: Readonly<Record<RetrainingState, string>> = {
  checking: 'Checking the data',
  training: 'Training',
  judging: 'Judging',
  awaiting_approval: 'Awaiting approval',
  deploying: 'Going live',
  done: 'Live',
  refused: 'Refused',
  failed: 'Failed',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
  superseded: 'Superseded',
}

/** The states that are not an end; an endpoint has at most one retraining in any of them. */
export const OPEN_RETRAINING_STATES = ['checking', 'training', 'judging', 'awaiting_approval', 'deploying'] as const

/** Why what is live cannot be retrained. */
export const NO_FIXED_CODE = 'What is live was not trained by a recipe here, so there is no fixed code to repeat.'

/** Who or what started it. */
export const RETRAINING_TRIGGERS = ['person', 'schedule', 'drift'] as const
export type RetrainingTrigger = (typeof RETRAINING_TRIGGERS)[number]

const MOVES: Readonly<Record<RetrainingState, readonly RetrainingState[]>> = {
  checking: ['training', 'refused', 'failed', 'cancelled', 'superseded'],
  training: ['judging', 'failed', 'cancelled', 'superseded'],
  judging: ['awaiting_approval', 'failed', 'cancelled', 'superseded'],
  awaiting_approval: ['deploying', 'rejected', 'cancelled', 'superseded'],
  deploying: ['done', 'failed', 'superseded'],
  done: [],
  refused: [],
  failed: [],
  rejected: [],
  cancelled: [],
  superseded: [],
}

export function isRetrainingOpen(state: RetrainingState): boolean {
  return OPEN_RETRAINING_STATES.some((open) => open === state)
}

/** Where it goes next, and why in one sentence; the reason is kept for good. */
export interface RetrainingMove {
  readonly to: RetrainingState
  readonly reason: string
}

/** Whether the step is one that exists. Nothing goes live but out of an approval. */
export function mayMove(from: RetrainingState, to: RetrainingState): boolean {
  return MOVES[from].includes(to)
}

/** What is known of a retraining apart from what people do with it. */
export interface RetrainingFacts {
  readonly state: RetrainingState
  /** The version that was live when it began. */
  readonly baseVersion: { readonly id: string }
  /** The version that is live now, as people read it; null: none. */
  readonly live: { readonly id: string; readonly label: string } | null
  readonly job: { readonly state: JobState } | null
  readonly deployment: {
    readonly state: DeploymentState
    /** Whether it ever took the traffic. */
    readonly wasLive: boolean
    readonly failure: string | null
  } | null
}

/**
 * The step that facts alone make necessary, or null when it waits for a worker or a person. What a step needs doing, such
 * as registering what was trained, is done in the transaction that takes it.
 */
export function nextRetrainingMove(facts: RetrainingFacts): RetrainingMove | null {
  switch (facts.state) {
    case 'checking':
    case 'awaiting_approval':
      return supersededBy(facts)
    case 'judging':
      return supersededBy(facts) ?? { to: 'awaiting_approval', reason: 'Judged against what was signed.' }
    case 'training':
      return supersededBy(facts) ?? afterJob(facts.job)
    case 'deploying':
      return afterDeployment(facts.deployment)
    default:
      return null
  }
}

function supersededBy({ baseVersion, live }: RetrainingFacts): RetrainingMove | null {
  if (live === null) return { to: 'superseded', reason: 'Nothing is live at the endpoint any more.' }
  return live.id === baseVersion.id
    ? null
    : { to: 'superseded', reason: `${live.label} went live meanwhile, so this compares with what is no longer live.` }
}

/** The client reads these, too; what the job says of itself is the team's own and stays with the job. */
function afterJob(job: RetrainingFacts['job']): RetrainingMove | null {
  if (job === null) return { to: 'failed', reason: 'The training job is gone.' }
  switch (job.state) {
    case 'queued':
    case 'running':
      return null
    case 'succeeded':
      return { to: 'judging', reason: 'The training succeeded.' }
    case 'cancelled':
      return { to: 'cancelled', reason: 'The training was cancelled.' }
    case 'failed':
      return { to: 'failed', reason: 'The training failed.' }
    case 'timed_out':
      return { to: 'failed', reason: 'The training took longer than it may.' }
    case 'lost':
      return { to: 'failed', reason: 'The training was lost: the processes that ran it died.' }
    default:
      return job.state satisfies never
  }
}

function afterDeployment(deployment: RetrainingFacts['deployment']): RetrainingMove | null {
  if (deployment === null) return { to: 'failed', reason: 'The revision is gone.' }
  const { state, wasLive, failure } = deployment
  if (wasLive) return { to: 'done', reason: 'It is live.' }
  switch (state) {
    case 'requested':
    case 'probing':
    case 'candidate':
    case 'live':
      return null
    case 'failed':
      return { to: 'failed', reason: `It did not go live: ${failure ?? 'the revision failed.'}` }
    case 'retired':
    case 'rolled_back':
      return { to: 'superseded', reason: failure ?? 'Another revision went live before it.' }
    default:
      return state satisfies never
  }
}

/**
 * Who starts one: those who run jobs; and once the client runs it, their domain experts, data owners, IT and whoever signs
 * there. Source: DECISIONS.md 0063.
 */
export function retrainRefusal(standing: Standing, engagement: EngagementState): Refusal | null {
  if (runJobsRefusal(standing) === null) return null
  const isTheirs = isOperator(standing)
  if (isTheirs && engagement === 'operate') return null
  return isTheirs
    ? { reason: 'The team retrains until the hand-over is signed; from then on you do.' }
    : { reason: 'The team’s lead, consultants and engineers retrain; after the hand-over the client’s experts do.' }
}

/** Who decides: the engagement lead; and once the client runs it, whoever signs there. */
export function decideRetrainingRefusal(
  standing: Standing,
  of: { readonly engagement: EngagementState; readonly state: RetrainingState },
): Refusal | null {
  if (of.state !== 'awaiting_approval')
    return { reason: `It is not waiting for a decision: ${RETRAINING_STATE_WORDS[of.state].toLowerCase()}.` }
  if (isLead(standing)) return null
  if (of.engagement === 'operate')
    return isClientAccountable(standing)
      ? null
      : { reason: 'The client’s accountable person or the engagement lead decides.' }
  return { reason: 'The engagement lead decides; after the hand-over the client’s accountable person does too.' }
}

export function cancelRetrainingRefusal(
  standing: Standing,
  of: { readonly engagement: EngagementState; readonly state: RetrainingState },
): Refusal | null {
  return mayMove(of.state, 'cancelled')
    ? retrainRefusal(standing, of.engagement)
    : { reason: `It cannot be cancelled any more: ${RETRAINING_STATE_WORDS[of.state].toLowerCase()}.` }
}

/** After drift started one, drift starts no other at the endpoint for so long: the same shift is one reason. */
export const DRIFT_PAUSE_HOURS = 24
