import type { Actor } from '#app/domain/actor.ts'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { measuredKey } from '#app/domain/criterion.ts'
import type { DatasetVersionId, EngagementId, RunId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { Verdict } from '#app/domain/verdict.ts'
import { EVALUATOR, judge, valueOnDataset, VERDICT_WORDS } from '#app/domain/verdict.ts'
import { newId } from '#db/new-id.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import type { JudgedVersion, NewEvaluation, RunFacts, StandingVerdict } from '#db/queries/evaluations.ts'
import {
  gatherRunFacts,
  holdVerdicts,
  insertEvaluations,
  listEndedRunIds,
  listStandingVerdicts,
  listVersionsToJudge,
  pageEndedRunIds,
} from '#db/queries/evaluations.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Tx } from '#db/types.ts'

/** Runs that are judged together: what is read of them and said of them is held in memory. */
const JUDGED_TOGETHER_MAX = 500

interface Judging {
  readonly engagementId: EngagementId
  readonly now: Date
  readonly versions: readonly JudgedVersion[]
}

/**
 * Judge runs against every criterion, in the caller's transaction, and append what is new. Repeating it changes nothing.
 * One judging of an engagement waits for the other, so that the last one says what holds.
 * @param who the actor whose act made it necessary, for the event; null for the system
 */
export async function judgeRuns(
  tx: Tx,
  who: Actor | null,
  input: { readonly engagementId: EngagementId; readonly runIds: readonly RunId[]; readonly now: Date },
): Promise<void> {
  if (input.runIds.length === 0) return
  await holdVerdicts(tx, input.engagementId)
  const judging = { ...input, versions: await listVersionsToJudge(tx, input.engagementId) }
  for (let at = 0; at < input.runIds.length; at += JUDGED_TOGETHER_MAX)
    await judgeTogether(tx, who, judging, input.runIds.slice(at, at + JUDGED_TOGETHER_MAX))
}

/** Judge every finished run of an engagement again, after an agreement changed. */
export async function judgeEngagement(tx: Tx, input: { engagementId: EngagementId; now: Date }): Promise<void> {
  await holdVerdicts(tx, input.engagementId)
  const judging = { ...input, versions: await listVersionsToJudge(tx, input.engagementId) }
  let after: RunId | null = null
  do {
    const runIds: RunId[] = await pageEndedRunIds(tx, input.engagementId, { after, limit: JUDGED_TOGETHER_MAX })
    await judgeTogether(tx, null, judging, runIds)
    after = runIds.at(-1) ?? null
  } while (after !== null)
}

async function judgeTogether(
  tx: Tx,
  who: Actor | null,
  { engagementId, now, versions }: Judging,
  runIds: readonly RunId[],
): Promise<void> {
  if (versions.length === 0 || runIds.length === 0) return
  const keys = versions.flatMap(({ content }) => [measuredKey(content), `${measuredKey(content)}_se`])
  const facts = await gatherRunFacts(tx, runIds, keys)
  const standing = await listStandingVerdicts(tx, engagementId, runIds)
  const before = new Map(standing.map((row) => [`${row.runId} ${row.criterionVersionId}`, row]))

  const appended: NewEvaluation[] = []
  for (const run of facts) {
    for (const version of versions) {
      const verdict = judgeOne(run, version)
      const previous = before.get(`${run.id} ${version.id}`)
      if (previous && isSame(previous, verdict)) continue
      appended.push({
        id: newId(),
        engagementId,
        criterionVersionId: version.id,
        runId: run.id,
        sequence: (previous?.sequence ?? 0) + 1,
        verdict: verdict.verdict,
        value: verdict.value,
        ciLow: verdict.interval?.low ?? null,
        ciHigh: verdict.interval?.high ?? null,
        rows: verdict.rows,
        reason: verdict.reason,
        datasetDigest: version.content.datasetDigest,
        evaluator: EVALUATOR,
        at: now,
      })
      if (previous && previous.verdict !== verdict.verdict) {
        await recordEvent(tx, who, {
          kind: 'evaluation.verdict_changed',
          engagementId,
          subjectId: run.id,
          summary: `${run.name} against ${version.key} v${String(version.version)}: ${VERDICT_WORDS[verdict.verdict].toLowerCase()}.`,
          at: now,
        })
      }
    }
  }
  await insertEvaluations(tx, appended)
}

/** What a draft would say of the runs that are there already: how many would have met it, and of each one why. */
export async function simulateCriterion(
  tx: Tx,
  engagementId: EngagementId,
  content: CriterionContent,
): Promise<{ readonly runId: RunId; readonly runName: string; readonly verdict: Verdict }[]> {
  const dataset = await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(content.datasetVersionId))
  const runIds = await listEndedRunIds(tx, engagementId, SIMULATED_RUNS_MAX)
  const key = measuredKey(content)
  const facts = await gatherRunFacts(tx, runIds, [key, `${key}_se`])
  const version = {
    content,
    isSigned: true,
    dataset: {
      rows: dataset.profile.rows ?? null,
      positives: dataset.profile.positives ?? null,
      state: dataset.state,
    },
  }
  return facts.map((run) => ({ runId: run.id, runName: run.name, verdict: judgeOne(run, version) }))
}

const SIMULATED_RUNS_MAX = 200

function judgeOne(run: RunFacts, version: Pick<JudgedVersion, 'content' | 'isSigned' | 'dataset'>): Verdict {
  const key = measuredKey(version.content)
  const pointsOf = (name: string) => run.metrics.filter((metric) => metric.key === name)
  return judge(
    version.content,
    { isSigned: version.isSigned },
    {
      state: run.state,
      isDeleted: run.isDeleted,
      isVerified: run.isVerified,
      inputs: run.inputs,
      values: pointsOf(key),
      standardError: valueOnDataset(version.content, { values: pointsOf(`${key}_se`), inputs: run.inputs }),
    },
    version.dataset,
  )
}

function isSame(before: StandingVerdict, after: Verdict): boolean {
  return (
    before.evaluator === EVALUATOR &&
    before.verdict === after.verdict &&
    before.reason === after.reason &&
    Object.is(before.value, after.value) &&
    before.rows === after.rows
  )
}
