import type { PersonActor } from '#app/domain/actor.ts'
import { importRefusal } from '#app/domain/dataset.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { ImportedRun } from '#app/domain/run-import.ts'
import { newId, newRunId } from '#db/new-id.ts'
import { ensureDatasetVersion } from '#db/queries/datasets.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { findExperimentByName, insertExperiment } from '#db/queries/experiments.ts'
import { appendMetrics } from '#db/queries/metrics.ts'
import { insertRunImport } from '#db/queries/run-imports.ts'
import { insertParams, insertRun, insertRunInput, saveRun, saveTags } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { judgeRuns } from './judging.ts'

/** @throws AppError `refused` when the actor brings nothing in here; asked before a file is read */
export async function ensureMayImport(ctx: CommandContext<PersonActor>, engagementId: EngagementId): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, engagementId)
    ensure(importRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
  })
}

/**
 * Bring past results in: every row a run that nobody executed here, unverified for ever, that nobody writes to again. All
 * of them or none; the same file again is refused.
 * @throws AppError `conflict` for a file that was brought in before
 */
export async function importRuns(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly fileName: string
    readonly sha256: string
    readonly runs: readonly ImportedRun[]
  },
): Promise<readonly RunId[]> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(importRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const importId = newId<EngagementId>() // any id: imports have no brand of their own
    const isNew = await insertRunImport(tx, {
      id: importId,
      engagementId: engagement.id,
      fileName: input.fileName,
      sha256: input.sha256,
      rows: input.runs.length,
      importedBy: ctx.actor.personId,
      importedAt: ctx.now,
    })
    if (!isNew) throw new AppError('conflict', 'These very results were imported before.')
    const runIds: RunId[] = []
    for (const run of input.runs) runIds.push(await addRun(tx, ctx, { engagementId: engagement.id, importId, run }))
    await judgeRuns(tx, ctx.actor, { engagementId: engagement.id, runIds, now: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'runs.imported',
      engagementId: engagement.id,
      subjectId: importId,
      summary: `${ctx.actor.name} imported ${String(runIds.length)} past results from ${input.fileName}; they are unverified for ever.`,
      at: ctx.now,
    })
    return runIds
  })
}

async function addRun(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  { engagementId, importId, run }: { engagementId: EngagementId; importId: string; run: ImportedRun },
): Promise<RunId> {
  const at = run.startTime ?? ctx.now.getTime()
  const made = await insertRun(tx, {
    id: newRunId(),
    engagementId,
    experimentId: await experimentOf(tx, ctx, engagementId, run.experiment),
    name: run.name,
    userName: run.userName,
    startTime: at,
    startedBy: ctx.actor.personId,
    jobId: null,
    isVerified: false,
    importId,
    at: ctx.now,
  })
  const labels = { datasetName: run.datasetName, datasetDigest: run.datasetDigest, modelId: '' }
  await appendMetrics(
    tx,
    made,
    run.metrics.map((metric) => ({ ...metric, ...labels, timestamp: at, step: 0 })),
  )
  await insertParams(tx, made, run.params)
  await saveTags(tx, made, [
    ...run.tags.filter((tag) => tag.key !== 'mlflow.runName'),
    { key: 'mlflow.runName', value: run.name },
  ])
  if (run.datasetDigest !== '') {
    const datasetVersionId = await ensureDatasetVersion(tx, {
      id: newId(),
      engagementId,
      name: run.datasetName,
      description: '',
      licence: '',
      digest: run.datasetDigest,
      sha256: null,
      source: 'external',
      sourceNote: 'named by imported results',
      profile: { rows: null, columns: [], positives: null },
      at: ctx.now,
    })
    await insertRunInput(tx, {
      engagementId,
      runId: made.id,
      datasetVersionId,
      role: 'testing',
      context: 'test',
      tags: [],
    })
  }
  await saveRun(tx, made.id, { state: 'finished', endTime: at, endedAt: ctx.now })
  return made.id
}

async function experimentOf(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  engagementId: EngagementId,
  name: string,
): Promise<number> {
  await insertExperiment(tx, { engagementId, name, tags: [], at: ctx.now })
  return found(await findExperimentByName(tx, engagementId, name), 'The experiment').id
}
