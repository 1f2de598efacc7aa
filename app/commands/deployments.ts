import type { PersonActor } from '#app/domain/actor.ts'
import { isReportedByPeople } from '#app/domain/criterion.ts'
import type { DeploymentMode, DeploymentState, GateItem } from '#app/domain/deployment.ts'
import {
  deploymentGate,
  deployRefusal,
  gateRefusal,
  isBlocking,
  promoteRefusal,
  rollBackGateRefusal,
  rollBackRefusal,
  withdrawRefusal,
} from '#app/domain/deployment.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import type { Refusal } from '#app/domain/errors.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { DeploymentId, EndpointId, EngagementId, ModelVersionId, WaiverId } from '#app/domain/ids.ts'
import type { EngineOrder } from '#app/domain/serving-engine.ts'
import { IN_PROCESS } from '#app/domain/serving-engine.ts'
import { signsModels } from '#app/domain/signing-rule.ts'
import { satisfies } from '#app/domain/verdict.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { listGateSwitches } from '#db/queries/checklists.ts'
import type { DeploymentRow } from '#db/queries/deployments.ts'
import {
  findEarlierLive,
  getEndpoint,
  insertDeployment,
  listDeployments,
  lockEndpoint,
  lockServing,
  saveDeploymentState,
} from '#db/queries/deployments.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { listEvaluations, listJudgedVersions } from '#db/queries/evaluations.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { findModel, getModelVersion } from '#db/queries/models.ts'
import { listProblems } from '#db/queries/problems.ts'
import { findStandingSignOff } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import { findActiveWaiver } from '#db/queries/gate-waivers.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { SERVED_FILES } from './models.ts'

/** Every condition for deploying this version, as of now. */
export async function gateOf(tx: Tx, engagementId: EngagementId, version: ModelVersionRow): Promise<GateItem[]> {
  const judged = await listJudgedVersions(tx, engagementId)
  const problems = await listProblems(tx, engagementId)
  const model = await findModel(tx, engagementId, version.modelName)
  const switches = await listGateSwitches(tx, engagementId, null)
  const verdicts = version.runId === null ? [] : await listEvaluations(tx, engagementId, { runId: version.runId })
  const { riskTier } = await getEngagement(tx, engagementId)
  const signOff = await findStandingSignOff(tx, engagementId, version.id)
  return deploymentGate({
    modelVersion: {
      state: version.state,
      isDeleted: version.deletedAt !== null || model?.id !== version.modelId,
      hasOnnx: version.files[SERVED_FILES.onnx] !== undefined && version.files[SERVED_FILES.signature] !== undefined,
      hasExample:
        version.files[SERVED_FILES.example] !== undefined && version.files[SERVED_FILES.expected] !== undefined,
    },
    signature: { isRequired: signsModels(riskTier), state: signOff?.state ?? null },
    problem: { isAgreed: problems.some((problem) => problem.state === 'agreed') },
    // What people report is measured when the model is live: it cannot stand before the door.
    criteria: judged
      .filter((criterion) => !isReportedByPeople(criterion.content))
      .map((criterion) => {
        const verdict = verdicts.find((row) => row.criterionVersionId === criterion.id)
        const off = switches.find((one) => one.criterionId === criterion.criterionId && one.state === 'off')
        return {
          id: criterion.criterionId,
          versionId: criterion.id,
          key: criterion.key,
          name: criterion.content.name,
          agreedVersion: criterion.state === 'agreed' ? criterion.version : null,
          dataset: { name: criterion.content.datasetName, state: criterion.dataset.state },
          judged: verdict
            ? {
                verdict: verdict.verdict,
                reason: verdict.reason,
                isSatisfied: satisfies(criterion.content, verdict.verdict),
              }
            : null,
          switchedOff: off && `${off.switchedByName}: ${off.reason}`,
        }
      }),
  })
}

/** The gate as of now, with the waiver that lets unmet items pass; `refusal` names what it does not cover. */
export async function tryGate(
  tx: Tx,
  engagementId: EngagementId,
  of: { readonly version: ModelVersionRow; readonly now: Date },
): Promise<{ readonly gate: GateItem[]; readonly waiverId: WaiverId | null; readonly refusal: Refusal | null }> {
  const gate = await gateOf(tx, engagementId, of.version)
  const waiver = await findActiveWaiver(tx, of.version.id, of.now)
  const isWaived = gate.some(isBlocking)
  return { gate, waiverId: waiver && isWaived ? waiver.id : null, refusal: gateRefusal(gate, waiver?.keys) }
}

export interface DeployRequest {
  readonly engagementId: EngagementId
  readonly modelVersionId: ModelVersionId
  readonly mode?: DeploymentMode
  /** Of a canary or a shadow; all when left out. */
  readonly trafficPercent?: number
  /** What runs it; the portal's own model server when left out. */
  readonly order?: EngineOrder
}

/**
 * Deploy a version: the gate is evaluated in the transaction that creates the revision and puts it on the queue. What a
 * live waiver of two people covers may be unmet.
 * @throws AppError `refused` that names every unmet item; the refusal itself is recorded
 */
export async function deployModelVersion(ctx: CommandContext<PersonActor>, input: DeployRequest): Promise<EndpointId> {
  const outcome = await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(deployRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    return deployInto(tx, ctx, { ...input, engagement })
  })
  if ('reason' in outcome) throw new AppError('refused', outcome.reason)
  return outcome.endpointId
}

/**
 * As deployModelVersion, in the caller's transaction, which holds the engagement and has asked whether the actor may.
 * @returns why the gate does not let it pass, which is recorded; or the revision that was put on the queue
 */
export async function deployInto(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  input: Omit<DeployRequest, 'engagementId'> & { readonly engagement: EngagementRow },
): Promise<Refusal | { readonly endpointId: EndpointId; readonly deploymentId: DeploymentId }> {
  const { engagement } = input
  ensure(endedRefusal(engagement.state))
  const version = await getModelVersion(tx, engagement.id, input.modelVersionId)
  const { gate, waiverId, refusal } = await tryGate(tx, engagement.id, { version, now: ctx.now })
  const name = `${version.modelName} version ${String(version.version)}`
  if (refusal) {
    await recordEvent(tx, ctx.actor, {
      kind: 'deployment.gated',
      engagementId: engagement.id,
      subjectId: version.id,
      summary: `${ctx.actor.name} tried to deploy ${name}. ${refusal.reason}`.slice(0, 2000),
      at: ctx.now,
    })
    return refusal
  }
  const endpoint = await lockEndpoint(tx, {
    id: newId<EndpointId>(),
    engagementId: engagement.id,
    modelId: version.modelId,
    slug: slugOf(version),
    at: ctx.now,
  })
  const mode = input.mode ?? 'replace'
  if (mode !== 'replace' && !(await lockServing(tx, endpoint.id, 'live')))
    throw new AppError('refused', 'Nothing is live yet, so there is no traffic to share. Deploy it for all.')
  const revision = await addRevision(tx, ctx, {
    engagementId: engagement.id,
    endpointId: endpoint.id,
    modelVersionId: version.id,
    mode,
    trafficPercent: mode === 'replace' ? 100 : (input.trafficPercent ?? 100),
    order: input.order ?? IN_PROCESS,
    gate,
    ...(waiverId === null ? {} : { waiverId }),
  })
  await recordEvent(tx, ctx.actor, {
    kind: 'deployment.requested',
    engagementId: engagement.id,
    subjectId: revision.id,
    summary: `${ctx.actor.name} deployed ${name} as revision ${String(revision.number)} of ${endpoint.slug}${MODE_WORDS[mode]}${waiverId === null ? '' : ', under a waiver'}.`,
    at: ctx.now,
  })
  return { endpointId: endpoint.id, deploymentId: revision.id }
}

const MODE_WORDS: Readonly<Record<DeploymentMode, string>> = {
  replace: '',
  canary: ', for a share of the traffic',
  shadow: ', for a copy of the traffic',
}

async function addRevision(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  row: Omit<Parameters<typeof insertDeployment>[1], 'id' | 'requestedBy' | 'at'>,
): Promise<{ readonly id: DeploymentId; readonly number: number }> {
  const id = newId<DeploymentId>()
  const number = await insertDeployment(tx, { ...row, id, requestedBy: ctx.actor.personId, at: ctx.now })
  await enqueue(tx, 'deploy_model', { deploymentId: id }, { key: `deploy:${id}` })
  return { id, number }
}

/**
 * Go back to the model that was live before, as a new revision: it is probed like any other and takes the traffic when
 * it reproduces its example. It passed its gate when it went live, so that unmet items of today are kept with it and
 * told, and do not stand in the way of undoing; only a model that was deleted does not come back.
 * @param input.liveRevision what the page showed as live, so that a second click does not go back twice
 * @throws AppError `conflict` when another revision is live by now; `refused` when there is nothing to go back to
 */
export async function rollBack(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; liveRevision: number },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(endedRefusal(engagement.state))
    const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
    const live = await lockServing(tx, endpoint.id, 'live')
    if (live?.revision !== input.liveRevision)
      throw new AppError('conflict', 'Another revision is live by now. Look again before you go back.')
    const under = (await listDeployments(tx, engagement.id, { endpointId: endpoint.id })).find(isUnderWay)
    if (under) throw new AppError('conflict', `Revision ${String(under.revision)} is on its way already.`)
    const earlier = await findEarlierLive(tx, endpoint.id, live)
    ensure(rollBackRefusal(standing, engagement.state, earlier))
    const { id: rollbackOf, modelVersionId, revision, order } = found(earlier, 'The earlier revision')
    const version = await getModelVersion(tx, engagement.id, modelVersionId)
    const gate = await gateOf(tx, engagement.id, version)
    ensure(rollBackGateRefusal(gate))
    const added = await addRevision(tx, ctx, {
      engagementId: engagement.id,
      endpointId: endpoint.id,
      modelVersionId,
      mode: 'replace',
      trafficPercent: 100,
      order,
      rollbackOf,
      gate,
    })
    const unmet = gate.filter((item) => !item.isMet).map((item) => item.label)
    await recordEvent(tx, ctx.actor, {
      kind: 'deployment.requested',
      engagementId: engagement.id,
      subjectId: added.id,
      summary:
        `${ctx.actor.name} goes back from revision ${String(live.revision)} of ${endpoint.slug} to the model of revision ${String(revision)}.${unmet.length === 0 ? '' : ` Unmet today: ${unmet.join('; ')}.`}`.slice(
          0,
          2000,
        ),
      at: ctx.now,
    })
  })
}

const isUnderWay = ({ state }: DeploymentRow) => state === 'requested' || state === 'probing'

/**
 * Give a candidate all of the traffic: it was probed and answers already, so that this is one transaction.
 * @throws AppError `refused` when its gate does not hold any more
 */
export async function promoteCandidate(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; deploymentId: DeploymentId },
): Promise<void> {
  await settleRevision(ctx, input, promoteRefusal, async (tx, candidate, engagement) => {
    ensure(endedRefusal(engagement.state))
    const version = await getModelVersion(tx, engagement.id, candidate.modelVersionId)
    const { refusal, ...passed } = await tryGate(tx, engagement.id, { version, now: ctx.now })
    ensure(refusal)
    const live = await lockServing(tx, candidate.endpointId, 'live')
    if (live) await giveWay(tx, live.id, { to: candidate.id, state: 'retired', at: ctx.now })
    await saveDeploymentState(tx, candidate.id, { state: 'live', liveFrom: ctx.now, ...passed })
    return {
      kind: 'deployment.live' as const,
      summary: `${ctx.actor.name} gave all traffic of ${candidate.slug} to revision ${String(candidate.revision)}.`,
    }
  })
}

/** The live revision gives its traffic to another one, and callers hear of it when that breaks what they send. */
export async function giveWay(
  tx: Tx,
  live: DeploymentId,
  { to, state, at }: { readonly to: DeploymentId; readonly state: 'retired' | 'rolled_back'; readonly at: Date },
): Promise<void> {
  await saveDeploymentState(tx, live, { state, liveUntil: at })
  await enqueue(tx, 'tell_callers', { deploymentId: to, replacedId: live }, { key: `callers:${to}` })
}

/**
 * Take a revision back. After a candidate the live one answers everything again; after the live one nothing answers, nor
 * does its candidate. It needs no gate, and the end of an engagement does not forbid it.
 */
export async function withdrawRevision(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; deploymentId: DeploymentId },
): Promise<void> {
  await settleRevision(ctx, input, withdrawRefusal, async (tx, revision, _engagement, candidate) => {
    await saveDeploymentState(tx, revision.id, { state: 'retired', liveUntil: ctx.now })
    if (candidate && candidate.id !== revision.id)
      await saveDeploymentState(tx, candidate.id, { state: 'retired', liveUntil: ctx.now })
    const did = revision.state === 'live' ? 'took down' : 'withdrew'
    return {
      kind: 'deployment.retired' as const,
      summary: `${ctx.actor.name} ${did} revision ${String(revision.revision)} of ${revision.slug}.`,
    }
  })
}

async function settleRevision(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; deploymentId: DeploymentId },
  refusalOf: (standing: Standing, state: DeploymentState) => Refusal | null,
  settle: (
    tx: Tx,
    revision: DeploymentRow,
    engagement: EngagementRow,
    candidate: Awaited<ReturnType<typeof lockServing>>,
  ) => Promise<{ kind: 'deployment.live' | 'deployment.retired'; summary: string }>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
    const candidate = await lockServing(tx, endpoint.id, 'candidate')
    const all = await listDeployments(tx, engagement.id, { endpointId: endpoint.id })
    const revision = found(
      all.find(({ id }) => id === input.deploymentId),
      'This revision',
    )
    ensure(refusalOf(await getStanding(tx, ctx.actor, engagement.id), revision.state))
    const told = await settle(tx, revision, engagement, candidate)
    await recordEvent(tx, ctx.actor, { ...told, engagementId: engagement.id, subjectId: revision.id, at: ctx.now })
  })
}

/** A slug that reads as the model's name and cannot collide with, or be guessed from, another engagement's. */
function slugOf(version: ModelVersionRow): string {
  const words = version.modelName
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return `${words === '' ? 'model' : words}-${sha256(version.modelId).slice(0, 6)}`
}
