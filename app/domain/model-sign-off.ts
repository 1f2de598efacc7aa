import { plainNumber } from './criterion.ts'
import type { DeploymentState, GateItem, ModelVersionState } from './deployment.ts'
import { DEPLOYMENT_STATE_WORDS, SIGNATURE_ITEM } from './deployment.ts'
import type { Standing } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { bulleted } from './page-document.ts'
import type { RunState } from './run.ts'
import { RUN_STATE_WORDS } from './run.ts'
import { leadActRefusal } from './sign-off.ts'
import type { SignOffState } from './sign-off-case.ts'
import { isOpen } from './sign-off-case.ts'
import type { DatasetRole, VerdictKind } from './verdict.ts'
import { VERDICT_WORDS } from './verdict.ts'
import { utcWords } from './zone.ts'

/** What is known of a model version in the moment in which it is sent for signature. Times are UTC. */
export interface ModelSignOffFacts {
  readonly name: string
  readonly version: number
  readonly source: string
  /** Path below the model's folder to the SHA-256 of the file. */
  readonly files: Readonly<Record<string, string>>
  /** Null: its files were logged by no run. */
  readonly run: {
    readonly id: string
    readonly name: string
    readonly state: RunState
    readonly isVerified: boolean
    readonly jobId: string | null
    readonly inputs: readonly { readonly name: string; readonly digest: string; readonly role: DatasetRole }[]
  } | null
  /** Each version of a criterion that is signed now; `verdict` null: the run was never judged against it. */
  readonly criteria: readonly {
    readonly key: string
    readonly version: number
    readonly name: string
    readonly line: string
    readonly sha256: string
    readonly confidence: number
    readonly verdict: {
      readonly kind: VerdictKind
      readonly value: number | null
      readonly interval: { readonly low: number; readonly high: number } | null
      readonly rows: number | null
      readonly reason: string
      readonly datasetDigest: string
      readonly at: Date
    } | null
  }[]
  readonly deployments: readonly {
    readonly slug: string
    readonly revision: number
    readonly state: DeploymentState
    readonly liveFrom: Date | null
    readonly liveUntil: Date | null
  }[]
  readonly gate: readonly GateItem[]
  /** Waivers of this version that are in force. */
  readonly waivers: readonly { readonly reason: string; readonly risk: string; readonly expiresAt: Date | null }[]
  readonly at: Date
}

const ROLE_WORDS: Readonly<Record<DatasetRole, string>> = {
  training: 'Trained on',
  validation: 'Tuned on',
  testing: 'Tested on',
  other: 'Also used',
}

/** Exactly what is shown to whoever signs a model version, in reading order: what it is, then what is known, then what is not. */
export function modelRows(facts: ModelSignOffFacts): { term: string; value: string }[] {
  const { run } = facts
  const unmet = facts.gate.filter((item) => !item.isMet && item.label !== SIGNATURE_ITEM)
  return [
    { term: 'Model', value: `${facts.name}, version ${String(facts.version)}` },
    { term: 'Run', value: run === null ? `None: it was registered from ${facts.source}` : `${run.name} (${run.id})` },
    { term: 'How the run came about', value: runWords(run) },
    ...(run === null ? [] : dataRows(run.inputs)),
    ...(facts.criteria.length === 0
      ? [{ term: 'Signed criteria', value: 'None is signed.' }]
      : facts.criteria.map((criterion) => ({
          term: `${criterion.key} ${criterion.name}, version ${String(criterion.version)}`,
          value: criterionWords(criterion),
        }))),
    {
      term: 'What is not met',
      value: bulleted(
        unmet.map((item) => `${item.label}: ${item.because}`),
        'Nothing: every other condition for going live is met.',
      ),
    },
    ...(facts.waivers.length === 0
      ? []
      : [{ term: 'Waivers in force', value: bulleted(facts.waivers.map(waiverWords), '') }]),
    { term: 'Deployments', value: bulleted(facts.deployments.map(deploymentWords), 'None: it was never deployed.') },
    {
      term: 'Files, by SHA-256',
      value: bulleted(
        Object.entries(facts.files).map(([path, sha256]) => `${path} ${sha256}`),
        'None',
      ),
    },
    { term: 'All of this as of', value: utcWords(facts.at) },
  ]
}

function runWords(run: ModelSignOffFacts['run']): string {
  if (run === null) return 'No run is known, so nothing is known of how it was made.'
  const end = `It is ${RUN_STATE_WORDS[run.state].toLowerCase()}.`
  return run.isVerified
    ? `A worker of this portal executed it${run.jobId === null ? '' : ` as the job ${run.jobId}`}. ${end}`
    : `It was logged from outside: a claim that no worker here executed. ${end}`
}

function dataRows(inputs: NonNullable<ModelSignOffFacts['run']>['inputs']): { term: string; value: string }[] {
  if (inputs.length === 0) return [{ term: 'Data', value: 'The run names none.' }]
  const roles = [...new Set(inputs.map((input) => input.role))]
  return roles.map((role) => ({
    term: ROLE_WORDS[role],
    value: inputs
      .filter((input) => input.role === role)
      .map(({ name, digest }) => `${name}, digest ${digest}`)
      .sort()
      .join('\n'),
  }))
}

function criterionWords({ line, sha256, confidence, verdict }: ModelSignOffFacts['criteria'][number]): string {
  const signed = `${line}. SHA-256 of the signed text: ${sha256}`
  if (verdict === null) return `This model was never measured against it.\n${signed}`
  const { interval } = verdict
  const measured = [
    `Value ${verdict.value === null ? 'none' : plainNumber(verdict.value)}`,
    interval === null
      ? 'no interval'
      : `${String(Math.round(confidence * 100))} % interval ${plainNumber(interval.low)} to ${plainNumber(interval.high)}`,
    ...(verdict.rows === null ? [] : [`n ${plainNumber(verdict.rows)}`]),
    `measured ${utcWords(verdict.at)} on the digest ${verdict.datasetDigest}`,
  ]
  return `${VERDICT_WORDS[verdict.kind]}: ${verdict.reason}\n${measured.join(', ')}.\n${signed}`
}

function deploymentWords(deployment: ModelSignOffFacts['deployments'][number]): string {
  const { liveFrom, liveUntil } = deployment
  const time =
    liveFrom === null
      ? ''
      : `, live from ${utcWords(liveFrom)}${liveUntil === null ? '' : ` until ${utcWords(liveUntil)}`}`
  return `${deployment.slug}, revision ${String(deployment.revision)}: ${DEPLOYMENT_STATE_WORDS[deployment.state].toLowerCase()}${time}`
}

function waiverWords({ reason, risk, expiresAt }: ModelSignOffFacts['waivers'][number]): string {
  return `${reason} Risk: ${risk} Until ${expiresAt === null ? '–' : utcWords(expiresAt)}`
}

export const MODEL_CONSEQUENCE =
  'Signing approves this version, by the hashes of its files and as far as the table above says. It stands as it was shown: a later verdict, a changed criterion or another version does not change it, and asks for a signature of its own.'

/** @param facts.signOff the newest sign-off of this version that was not voided; null when there is none */
export function sendModelRefusal(
  standing: Standing,
  facts: {
    readonly state: ModelVersionState
    readonly isDeleted: boolean
    readonly signOff: SignOffState | null
    readonly signerCount: number
  },
): Refusal | null {
  const refusal = leadActRefusal(standing)
  if (refusal) return { reason: 'Only the engagement lead sends a model version: it is our side’s approval.' }
  if (facts.isDeleted || facts.state !== 'ready')
    return { reason: 'Only a version that is complete can be signed; this one was deleted or is not ready.' }
  if (facts.signOff !== null && isOpen(facts.signOff))
    return { reason: 'It waits for the client’s signature already; take that back to send it as it stands now.' }
  return facts.signerCount === 0
    ? { reason: 'Nobody at the client is accountable for model versions yet: invite a person to such a seat first.' }
    : null
}
