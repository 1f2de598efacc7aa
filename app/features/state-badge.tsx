import type { DeploymentState } from '#app/domain/deployment.ts'
import { DEPLOYMENT_STATE_WORDS } from '#app/domain/deployment.ts'
import type { EngagementState } from '#app/domain/engagement.ts'
import type { EnvironmentState } from '#app/domain/environment.ts'
import { ENVIRONMENT_STATE_WORDS } from '#app/domain/environment.ts'
import type { JobState } from '#app/domain/job.ts'
import { JOB_STATE_WORDS } from '#app/domain/job.ts'
import type { RetrainingState } from '#app/domain/retraining.ts'
import { RETRAINING_STATE_WORDS } from '#app/domain/retraining.ts'
import type { RunState } from '#app/domain/run.ts'
import { RUN_STATE_WORDS } from '#app/domain/run.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const ENGAGEMENT: Readonly<Record<EngagementState, Tone>> = {
  draft: 'unknown',
  readiness: 'accent',
  active: 'met',
  paused: 'risk',
  handover: 'accent',
  operate: 'met',
  closed: 'unknown',
  cancelled: 'unknown',
}

export function EngagementBadge({ state }: { state: EngagementState }) {
  return <Badge tone={ENGAGEMENT[state]}>{state.charAt(0).toUpperCase() + state.slice(1)}</Badge>
}

const JOB: Readonly<Record<JobState, Tone>> = {
  queued: 'unknown',
  running: 'accent',
  succeeded: 'met',
  failed: 'breach',
  timed_out: 'breach',
  cancelled: 'unknown',
  lost: 'breach',
}

export function JobBadge({ state }: { state: JobState }) {
  return <Badge tone={JOB[state]}>{JOB_STATE_WORDS[state]}</Badge>
}

const ENVIRONMENT: Readonly<Record<EnvironmentState, Tone>> = { building: 'accent', ready: 'met', failed: 'breach' }

export function EnvironmentBadge({ state }: { state: EnvironmentState }) {
  return <Badge tone={ENVIRONMENT[state]}>{ENVIRONMENT_STATE_WORDS[state]}</Badge>
}

const RUN: Readonly<Record<RunState, Tone>> = {
  scheduled: 'unknown',
  running: 'accent',
  finished: 'met',
  failed: 'breach',
  killed: 'unknown',
  lost: 'breach',
}

export function RunBadge({ state }: { state: RunState }) {
  return <Badge tone={RUN[state]}>{RUN_STATE_WORDS[state]}</Badge>
}

const DEPLOYMENT: Readonly<Record<DeploymentState, Tone>> = {
  requested: 'accent',
  probing: 'accent',
  candidate: 'accent',
  live: 'met',
  failed: 'breach',
  retired: 'unknown',
  rolled_back: 'unknown',
}

export function DeploymentBadge({ state }: { state: DeploymentState }) {
  return <Badge tone={DEPLOYMENT[state]}>{DEPLOYMENT_STATE_WORDS[state]}</Badge>
}

const RETRAINING: Readonly<Record<RetrainingState, Tone>> = {
  checking: 'accent',
  training: 'accent',
  judging: 'accent',
  awaiting_approval: 'risk',
  deploying: 'accent',
  done: 'met',
  refused: 'breach',
  failed: 'breach',
  rejected: 'unknown',
  cancelled: 'unknown',
  superseded: 'unknown',
}

export function RetrainingBadge({ state }: { state: RetrainingState }) {
  return <Badge tone={RETRAINING[state]}>{RETRAINING_STATE_WORDS[state]}</Badge>
}
