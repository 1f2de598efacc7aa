import type { PersonActor } from '#app/domain/actor.ts'
import { AppError, isAppError } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId, RetrainingId, RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { comparedSentence } from '#app/domain/retraining-comparison.ts'
import type { RetrainingMove } from '#app/domain/retraining.ts'
import { nextRetrainingMove } from '#app/domain/retraining.ts'
import { askCancel, listRunsOfJob } from '#db/queries/jobs.ts'
import { findModel, getModelVersion } from '#db/queries/models.ts'
import { findActor } from '#db/queries/people.ts'
import type { RetrainingChange, RetrainingRow } from '#db/queries/retrainings.ts'
import { listAbandonedJobs, listOpenRetrainings, takeRetraining } from '#db/queries/retrainings.ts'
import { gatherRetrainingFacts } from '#db/queries/retraining-facts.ts'
import type { Database, Tx } from '#db/types.ts'
import { eachApart } from './each-apart.ts'
import { judgeRuns } from './judging.ts'
import { addModelVersion, SERVED_FILES } from './models.ts'
import { compareWithLive } from '#db/queries/retraining-comparison.ts'
import { moveRetraining } from './retraining-moves.ts'
import { tellOfRetraining } from './retraining-telling.ts'

/**
 * Take every retraining as far as facts allow, each in a transaction of its own, for workers, every few seconds. Whatever
 * died in between left its state as it was, so the next round goes on from there.
 */
export async function advanceRetrainings(
  database: Database,
  input: { readonly now: Date; readonly origin: string },
): Promise<void> {
  await database.as({}, async (tx) => {
    for (const jobId of await listAbandonedJobs(tx)) await askCancel(tx, jobId, input.now)
  })
  const open = await database.as({}, (tx) => listOpenRetrainings(tx))
  await eachApart(open, (id) => database.as({}, (tx) => advanceRetraining(tx, id, input)))
}

/** One step of one retraining, if there is one to take. Nothing happens while somebody else is at it. */
export async function advanceRetraining(
  tx: Tx,
  id: RetrainingId,
  input: { readonly now: Date; readonly origin: string },
): Promise<void> {
  const retraining = await takeRetraining(tx, id, { isPatient: false })
  if (retraining === null) return
  const move = nextRetrainingMove(await gatherRetrainingFacts(tx, retraining))
  if (move === null) return
  const taken = await withItsWork(tx, retraining, move, input.now)
  await moveRetraining(tx, { who: null, now: input.now }, retraining, taken)
  await tellOfRetraining(tx, retraining, taken, input)
}

/** A step with what has to be done for it; another step when that cannot be done. */
async function withItsWork(
  tx: Tx,
  retraining: RetrainingRow,
  move: RetrainingMove,
  now: Date,
): Promise<RetrainingMove & RetrainingChange> {
  if (move.to === 'judging') {
    try {
      // What cannot be served is not left behind as a version.
      return { ...move, ...(await tx.transaction((inner) => registerCandidate(inner, retraining, now))) }
    } catch (error) {
      if (!isAppError(error)) throw error
      return { to: 'failed', reason: error.message }
    }
  }
  if (move.to !== 'awaiting_approval' || retraining.candidateVersionId === null) return move
  const { engagementId, baseVersionId, candidateVersionId } = retraining
  const runIds = await runsOf(tx, engagementId, [baseVersionId, candidateVersionId])
  await judgeRuns(tx, null, { engagementId, runIds, now })
  const { rows } = await compareWithLive(tx, engagementId, { live: baseVersionId, candidate: candidateVersionId })
  return { to: 'awaiting_approval', reason: comparedSentence(rows) }
}

async function runsOf(tx: Tx, engagementId: EngagementId, ids: readonly ModelVersionId[]): Promise<RunId[]> {
  const runIds: RunId[] = []
  for (const id of ids) {
    const { runId } = await getModelVersion(tx, engagementId, id)
    if (runId !== null) runIds.push(runId)
  }
  return runIds
}

/** Register what the job trained as the next version of the model. @throws AppError with what is missing */
async function registerCandidate(tx: Tx, retraining: RetrainingRow, now: Date): Promise<RetrainingChange> {
  const { engagementId, jobId, modelName } = retraining
  const runs = jobId === null ? [] : await listRunsOfJob(tx, jobId)
  const run = runs.findLast(({ state }) => state === 'finished')
  if (run === undefined) throw new AppError('refused', 'The job succeeded and finished no run.')
  const model = await findModel(tx, engagementId, modelName)
  const before = await getModelVersion(tx, engagementId, retraining.baseVersionId)
  if (model?.id !== before.modelId) throw new AppError('refused', `The model ${modelName} was deleted meanwhile.`)
  const actor: PersonActor | null = await findActor(tx, retraining.requestedBy)
  if (actor === null) throw new AppError('refused', `${retraining.requestedByName} has no account any more.`)
  const runId = toRunId(run.id)
  const version = await addModelVersion(tx, actor, {
    engagementId,
    name: modelName,
    source: `runs:/${runId}/model`,
    runId,
    description: '',
    now,
  })
  if (version.files[SERVED_FILES.onnx] === undefined)
    throw new AppError('refused', 'The run logged no model.onnx, so there is nothing to serve.')
  return { candidateVersionId: version.id }
}
