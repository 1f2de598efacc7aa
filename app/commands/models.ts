import type { Actor, PersonActor } from '#app/domain/actor.ts'
import { endedRefusal, isTeam } from '#app/domain/engagement.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, ModelId, ModelVersionId, RunId } from '#app/domain/ids.ts'
import type { VersionSource } from '#app/domain/registry.ts'
import { parseSource } from '#app/domain/registry.ts'
import { LIMITS } from '#app/domain/run.ts'
import { newId } from '#db/new-id.ts'
import { listArtifacts, listModelFiles } from '#db/queries/artifacts.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import {
  findLoggedModelOfRun,
  getLoggedModel,
  loadLoggedModelDetails,
  saveLoggedModelTags,
} from '#db/queries/logged-models.ts'
import type { ModelFiles } from '#db/schema/models.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { findModel, getModelVersion, insertModel, insertModelVersion, lockModel } from '#db/queries/models.ts'
import { getRun, listKnownRunIds } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { getVersionByNumber } from './registry.ts'
import { holdNamedBlobs } from './storage.ts'

/** Files that a version must hold to be served: the model, what goes in, and one example with what must come out. */
export const SERVED_FILES = {
  onnx: 'model.onnx',
  signature: 'signature.json',
  example: 'input_example.json',
  expected: 'expected_output.json',
} as const

export interface NewVersion {
  readonly engagementId: EngagementId
  readonly name: string
  /** Where the client says the model is, kept as said: `runs:/<run>/model`. */
  readonly source: string
  /** What the client says made it; it must be what made the source. */
  readonly runId: RunId | null
  /** What the client calls the run of a model that lies elsewhere: kept as said, unless it is the name of a run of ours. */
  readonly saidRunId?: string
  readonly description: string
}

/**
 * Register the next version of a model, in the caller's transaction; its files are frozen as they are now.
 * @throws AppError `not_found` when the model or what it is made of does not exist, `invalid` for a source that nobody can
 * mean, or that was not made by the run that the client names
 */
export async function addModelVersion(
  tx: Tx,
  who: Actor,
  input: NewVersion & { readonly now: Date },
): Promise<ModelVersionRow> {
  const modelId = await lockModel(tx, input.engagementId, input.name)
  const made = await filesOf(tx, input)
  await holdNamedBlobs(tx, input.engagementId, [...new Set(Object.values(made.files))])
  const said = input.saidRunId ?? ''
  const isOurs = said !== '' && (await listKnownRunIds(tx, input.engagementId, [said])).size > 0
  const id = newId<ModelVersionId>()
  const version = await insertModelVersion(tx, {
    id,
    engagementId: input.engagementId,
    modelId,
    state: 'ready',
    runId: made.runId,
    saidRunId: isOurs ? '' : said,
    loggedModelId: made.loggedModelId,
    source: input.source,
    description: input.description,
    userName: who.name,
    files: made.files,
    at: input.now,
  })
  if (made.loggedModelId !== null)
    await noteVersion(tx, { engagementId: input.engagementId, id: made.loggedModelId }, { name: input.name, version })
  await recordEvent(tx, who, {
    kind: 'model_version.registered',
    engagementId: input.engagementId,
    subjectId: id,
    summary: `${who.name} registered ${input.name} version ${String(version)}.`,
    at: input.now,
  })
  return getModelVersion(tx, input.engagementId, id)
}

const VERSIONS_TAG = 'mlflow.modelVersions'

/** MLflow's page and clients find a logged model's versions in a tag of it, in the form that Python gives JSON. */
async function noteVersion(
  tx: Tx,
  model: { readonly engagementId: EngagementId; readonly id: string },
  made: { readonly name: string; readonly version: number },
): Promise<void> {
  const [detail] = await loadLoggedModelDetails(tx, [await getLoggedModel(tx, model.engagementId, model.id)])
  const before = detail?.tags.find((tag) => tag.key === VERSIONS_TAG)?.value.slice(1, -1) ?? ''
  const added = `{"name": ${JSON.stringify(made.name)}, "version": ${String(made.version)}}`
  const value = `[${before === '' ? added : `${before}, ${added}`}]`
  if (value.length <= LIMITS.tagValueLengthMax) await saveLoggedModelTags(tx, model, [{ key: VERSIONS_TAG, value }])
}

interface Sourced {
  readonly runId: RunId | null
  readonly loggedModelId: string | null
  readonly files: ModelFiles
}

/** The files of a source by their path below its folder, and what made them. */
async function filesOf(tx: Tx, { engagementId, source, runId }: NewVersion): Promise<Sourced> {
  const parsed = parseSource(source)
  switch (parsed.kind) {
    case 'version': {
      const copied = await getVersionByNumber(tx, engagementId, parsed)
      ensureMadeBy(source, runId, copied.runId)
      return { runId: copied.runId, loggedModelId: copied.loggedModelId, files: copied.files }
    }
    case 'elsewhere':
      // Nothing is known of those files, so nothing is frozen, and no run here stands for them.
      return { runId: null, loggedModelId: null, files: {} }
    case 'run':
    case 'model':
      return filesLogged(tx, { engagementId, source, runId }, parsed)
    default:
      return parsed satisfies never
  }
}

async function filesLogged(
  tx: Tx,
  { engagementId, source, runId }: Pick<NewVersion, 'engagementId' | 'source' | 'runId'>,
  parsed: Extract<VersionSource, { readonly folder: string }>,
): Promise<Sourced> {
  const model =
    parsed.kind === 'model'
      ? await getLoggedModel(tx, engagementId, parsed.modelId)
      : await findLoggedModelOfRun(tx, engagementId, parsed.runId, parsed.folder)
  const madeBy = parsed.kind === 'run' ? parsed.runId : (model?.sourceRunId ?? null)
  ensureMadeBy(source, runId, madeBy)
  const run = madeBy === null ? null : await getRun(tx, engagementId, madeBy)
  const ofRun = parsed.kind === 'run' ? await listArtifacts(tx, parsed.runId, parsed.folder) : []
  // A run's model may be among its own files, or be a logged model that only has its name.
  const isOfModel = model !== null && ofRun.length === 0
  const files = isOfModel ? await listModelFiles(tx, model.id, parsed.kind === 'model' ? parsed.folder : '') : ofRun
  const folder = isOfModel && parsed.kind === 'run' ? '' : parsed.folder
  const prefix = folder === '' ? 0 : folder.length + 1
  return {
    runId: run?.id ?? null,
    loggedModelId: isOfModel ? model.id : null,
    files: Object.fromEntries(files.map((file) => [file.path.slice(prefix), file.sha256])),
  }
}

/** @throws AppError `invalid` when a client names another run than the one that made a source */
function ensureMadeBy(source: string, said: RunId | null, madeBy: RunId | null): void {
  if (said !== null && said !== madeBy)
    throw new AppError(
      'invalid',
      `Invalid value for parameter 'run_id' supplied: the run ${said} did not make '${source.slice(0, 200)}'.`,
    )
}

/** Register a run's model from the page: the registered model is made when it is new. */
export async function registerRunModel(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; name: string; runId: RunId },
): Promise<ModelVersionId> {
  return transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    ensure(registerRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    if (!(await findModel(tx, engagement.id, input.name)))
      await insertModel(tx, {
        id: newId<ModelId>(),
        engagementId: engagement.id,
        name: input.name,
        description: '',
        at: ctx.now,
      })
    const row = await addModelVersion(tx, ctx.actor, {
      engagementId: engagement.id,
      name: input.name,
      source: `runs:/${input.runId}/model`,
      runId: input.runId,
      description: '',
      now: ctx.now,
    })
    if (row.files[SERVED_FILES.onnx] === undefined)
      throw new AppError(
        'refused',
        'This run logged no model.onnx in its folder “model”, so there is nothing to serve.',
      )
    return row.id
  })
}

export function registerRefusal(standing: Standing) {
  return isTeam(standing) && standing.seats.length > 0
    ? null
    : { reason: 'Only people with a seat on the team register models.' }
}
