import type { DatasetState } from './dataset.ts'
import { isUsable } from './dataset.ts'
import type { Refusal } from './errors.ts'
import type { EngagementState, Standing } from './engagement.ts'
import { isClientAccountable, isTeam } from './engagement.ts'
import type { SignOffState } from './sign-off-case.ts'
import { isInForce, SIGN_OFF_STATE_WORDS } from './sign-off-case.ts'
import type { VerdictKind } from './verdict.ts'
import { VERDICT_WORDS } from './verdict.ts'

/** `live` takes the traffic; a `candidate` gets a share of it, or a copy; `rolled_back` was live and was taken back. */
export const DEPLOYMENT_STATES = [
  'requested',
  'probing',
  'candidate',
  'live',
  'failed',
  'retired',
  'rolled_back',
] as const
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number]

export const DEPLOYMENT_STATE_WORDS: Readonly<Record<DeploymentState, string>> = {
  requested: 'Requested',
  probing: 'Probing',
  candidate: 'Candidate',
  live: 'Live',
  failed: 'Failed',
  retired: 'Retired',
  rolled_back: 'Rolled back',
}

/** How a revision takes over: all at once; a share of the requests; or a copy of them, whose answers nobody gets. */
export const DEPLOYMENT_MODES = ['replace', 'canary', 'shadow'] as const
export type DeploymentMode = (typeof DEPLOYMENT_MODES)[number]

export const DEPLOYMENT_MODE_WORDS: Readonly<Record<DeploymentMode, string>> = {
  replace: 'All traffic, when it reproduced its example',
  canary: 'A share of the traffic first',
  shadow: 'A copy of the traffic first; its answers go to nobody',
}

/** How long a revision that was replaced still answers requests that were on their way. */
export const DRAIN_SECONDS = 60

export const MODEL_VERSION_STATES = ['pending', 'ready', 'failed', 'retired'] as const
export type ModelVersionState = (typeof MODEL_VERSION_STATES)[number]

/** One condition that a deployment must meet, and whether it does. */
export interface GateItem {
  /** Names the finding, not only the condition: another version, verdict or reason is another key. */
  readonly key: string
  readonly label: string
  readonly isMet: boolean
  /** What is missing and who can give it; or why it is met. */
  readonly because: string
  /** The criterion, when the item is about one. */
  readonly criterionId: string | null
  /** Why it is no condition here, by whom; absent when it is one. */
  readonly switchedOff?: string | undefined
}

export interface GateFacts {
  readonly modelVersion: {
    readonly state: ModelVersionState
    readonly isDeleted: boolean
    readonly hasOnnx: boolean
    readonly hasExample: boolean
  }
  /** Whether the engagement asks for a signature under the version itself, and the newest that was asked for and not voided. */
  readonly signature: { readonly isRequired: boolean; readonly state: SignOffState | null }
  readonly problem: { readonly isAgreed: boolean }
  readonly criteria: readonly {
    readonly id: string
    readonly versionId: string
    readonly key: string
    readonly name: string
    /** The agreed version's number, or null while nothing is agreed. */
    readonly agreedVersion: number | null
    /** What it is measured on, as it stands now: a verdict says nothing any more when its data was taken away. */
    readonly dataset: { readonly name: string; readonly state: DatasetState }
    /** How the version's own decision rule reads the verdict on this model; null when it was never judged. */
    readonly judged: { readonly verdict: VerdictKind; readonly isSatisfied: boolean; readonly reason: string } | null
    /** Why the client switched it off as a condition, and who; absent when it is on. */
    readonly switchedOff?: string | undefined
  }[]
}

/** The label of the item about the signature under the version itself. */
export const SIGNATURE_ITEM = 'The model version is signed'

/**
 * Every condition for going live, met or not. Evaluated in the transaction that creates the deployment, and shown on
 * the page before anybody clicks. Source: product invariant 8.
 */
export function deploymentGate(facts: GateFacts): GateItem[] {
  const { modelVersion } = facts
  const agreed = facts.criteria.filter((criterion) => criterion.agreedVersion !== null)
  return [
    {
      key: 'model',
      label: 'The model version is complete',
      isMet:
        !modelVersion.isDeleted && modelVersion.state === 'ready' && modelVersion.hasOnnx && modelVersion.hasExample,
      because: modelBecause(modelVersion),
      criterionId: null,
    },
    {
      key: 'problem',
      label: 'The problem statement is signed',
      isMet: facts.problem.isAgreed,
      because: facts.problem.isAgreed ? 'The client signed it.' : 'The client’s accountable person has to sign it.',
      criterionId: null,
    },
    {
      key: 'criteria',
      label: 'At least one criterion is signed',
      isMet: agreed.length > 0,
      because:
        agreed.length > 0 ? `${String(agreed.length)} signed.` : 'The client’s accountable person has to sign one.',
      criterionId: null,
    },
    ...facts.criteria.map((criterion) => criterionItem(criterion)),
    ...signatureItems(facts.signature),
  ]
}

/**
 * A model version is approved when its sign-off is in force. The risk tier `high` asks for that; and who was asked is
 * waited for in any tier, so that nothing goes live past an answer. Source: DECISIONS.md 0030.
 */
function signatureItems({ isRequired, state }: GateFacts['signature']): GateItem[] {
  if (!isRequired && state === null) return []
  const isMet = state !== null && isInForce(state)
  const because =
    state === null
      ? 'The risk tier asks for it: the engagement lead sends the version, and the client’s accountable person signs it.'
      : isMet
        ? `${SIGN_OFF_STATE_WORDS[state]} by the client.`
        : `It was sent for signature. ${SIGN_OFF_STATE_WORDS[state]}. The client’s accountable person signs it, or the lead takes it back or sends it anew.`
  return [{ key: `signature:${state ?? 'none'}`, label: SIGNATURE_ITEM, isMet, because, criterionId: null }]
}

function modelBecause(modelVersion: GateFacts['modelVersion']): string {
  if (modelVersion.isDeleted) return 'It was deleted.'
  if (!modelVersion.hasOnnx) return 'It has no ONNX file to serve; log one with the run.'
  if (!modelVersion.hasExample)
    return 'It has no stored example with its expected output, so a served answer cannot be checked.'
  return modelVersion.state === 'ready'
    ? 'ONNX file, signature and example are stored.'
    : `It is ${modelVersion.state}.`
}

function criterionItem(criterion: GateFacts['criteria'][number]): GateItem {
  const { judged, dataset } = criterion
  const isMet = criterion.agreedVersion !== null && isUsable(dataset.state) && judged !== null && judged.isSatisfied
  const because =
    criterion.agreedVersion === null
      ? 'No version of it is signed; the client’s accountable person has to sign one, or the lead withdraws it.'
      : !isUsable(dataset.state)
        ? `The dataset ${dataset.name} was ${dataset.state}.`
        : judged === null
          ? 'This model was never measured against it.'
          : `${VERDICT_WORDS[judged.verdict]}: ${judged.reason}`
  return {
    key: `criterion:${criterion.versionId}:${judged?.verdict ?? 'unjudged'}:${because}`,
    label: `${criterion.key} ${criterion.name} is met`,
    isMet,
    because,
    criterionId: criterion.id,
    ...(criterion.switchedOff === undefined ? {} : { switchedOff: criterion.switchedOff }),
  }
}

/** Whether an item stands in the way of going live. */
export function isBlocking(item: GateItem): boolean {
  return !item.isMet && item.switchedOff === undefined
}

/** Only what the client signed about a criterion can the client let pass; a file or a signature that is missing is missing. */
export function isWaivable(item: GateItem): boolean {
  return item.criterionId !== null
}

/** The gate as a refusal that names each unmet item. @param waived keys of items that a live waiver covers */
export function gateRefusal(gate: readonly GateItem[], waived: ReadonlySet<string> = new Set()): Refusal | null {
  const unmet = gate.filter((item) => isBlocking(item) && !(isWaivable(item) && waived.has(item.key)))
  if (unmet.length === 0) return null
  return { reason: `Not deployed. ${unmet.map((item) => `${item.label}: ${item.because}`).join(' ')}` }
}

/** What a roll-back asks for: that the model can be served. It passed the rest when it went live. */
export function rollBackGateRefusal(gate: readonly GateItem[]): Refusal | null {
  return gateRefusal(gate.filter((item) => item.key === 'model'))
}

export function deployRefusal(standing: Standing): Refusal | null {
  const mayDeploy = standing.seats.some((seat) =>
    ['engagement_lead', 'data_scientist', 'engineer'].includes(seat.function),
  )
  return isTeam(standing) && mayDeploy ? null : { reason: 'The engagement’s lead, consultants and engineers deploy.' }
}

/** Who goes back: who deploys; and once the client runs it, whoever signs there, because they approve what goes live. */
export function goBackRefusal(standing: Standing, engagement: EngagementState): Refusal | null {
  return engagement === 'operate' && isClientAccountable(standing) ? null : deployRefusal(standing)
}

/** Whether there is a revision to go back to. @param earlier the revision that was live before, or null */
export function rollBackRefusal(
  standing: Standing,
  engagement: EngagementState,
  earlier: { readonly revision: number } | null,
): Refusal | null {
  if (!earlier) return { reason: 'No earlier revision was live, so there is nothing to go back to.' }
  return goBackRefusal(standing, engagement)
}

/** Only what takes traffic, or a share of it, can be taken back. */
export function withdrawRefusal(standing: Standing, state: DeploymentState): Refusal | null {
  if (state !== 'candidate' && state !== 'live')
    return { reason: `This revision is ${DEPLOYMENT_STATE_WORDS[state].toLowerCase()}: it takes no traffic.` }
  return deployRefusal(standing)
}

/** Promoting is for a candidate only. */
export function promoteRefusal(standing: Standing, state: DeploymentState): Refusal | null {
  if (state !== 'candidate')
    return { reason: `This revision is ${DEPLOYMENT_STATE_WORDS[state].toLowerCase()}, not a candidate.` }
  return deployRefusal(standing)
}

/**
 * Which revision answers one request, and which hears a copy.
 * @param draw 0 to 1 (excluded), drawn by the caller for each request
 */
export function routeRequest<Revision>(
  live: Revision,
  candidate: { readonly revision: Revision; readonly mode: DeploymentMode; readonly trafficPercent: number } | null,
  draw: number,
): { readonly answers: Revision; readonly hears: Revision | null } {
  if (candidate === null) return { answers: live, hears: null }
  const isInShare = draw * 100 < candidate.trafficPercent
  if (candidate.mode === 'shadow') return { answers: live, hears: isInShare ? candidate.revision : null }
  return { answers: isInShare ? candidate.revision : live, hears: null }
}

/** Largest difference between a served answer and the stored one before traffic. */
export const PROBE_TOLERANCE = 1e-4
