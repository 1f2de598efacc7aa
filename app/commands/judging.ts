import type { Actor } from '#app/domain/actor.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { Verdict } from '#app/domain/verdict.ts'
import { EVALUATOR, judge, VERDICT_WORDS } from '#app/domain/verdict.ts'
import { newId } from '#db/new-id.ts'
import type { EvaluationRow, JudgedVersion, NewEvaluation, RunFacts } from '#db/queries/evaluations.ts'
import {
  gatherRunFacts,
  insertEvaluations,
  listEndedRunIds,
  listEvaluations,
  listVersionsToJudge,
} from '#db/queries/evaluations.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Tx } from '#db/types.ts'

/**
 * Judge runs against every criterion, in the caller's transaction, and append what is new. Repeating it changes nothing.
 * @param who the actor whose act made it necessary, for the event; null for the system
 */
export async function judgeRuns(
  tx: Tx,
  who: Actor | null,
  input: { readonly engagementId: EngagementId; readonly runIds: readonly RunId[]; readonly now: Date },
): Promise<void> {
  const versions = await listVersionsToJudge(tx, input.engagementId)
  if (versions.length === 0 || input.runIds.length === 0) return
  const keys = versions.flatMap(({ content }) => [content.metricKey, `${content.metricKey}_se`])
  const facts = await gatherRunFacts(tx, input.runIds, keys)
  const [onlyRun] = input.runIds.length === 1 ? input.runIds : []
  const standing = await listEvaluations(tx, input.engagementId, onlyRun === undefined ? {} : { runId: onlyRun })
  const before = new Map(standing.map((row) => [`${row.runId} ${row.criterionVersionId}`, row]))

  const appended: NewEvaluation[] = []
  for (const run of facts) {
    for (const version of versions) {
      const verdict = judgeOne(run, version)
      const previous = before.get(`${run.id} ${version.id}`)
      if (previous && isSame(previous, verdict)) continue
      appended.push({
        id: newId(),
        engagementId: input.engagementId,
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
        at: input.now,
      })
      if (previous && previous.verdict !== verdict.verdict) {
        await recordEvent(tx, who, {
          kind: 'evaluation.verdict_changed',
          engagementId: input.engagementId,
          subjectId: run.id,
          summary: `${run.name} against ${version.key} v${String(version.version)}: ${VERDICT_WORDS[verdict.verdict].toLowerCase()}.`,
          at: input.now,
        })
      }
    }
  }
  await insertEvaluations(tx, appended)
}

/** Judge every finished run of an engagement again, after an agreement changed. */
export async function judgeEngagement(tx: Tx, input: { engagementId: EngagementId; now: Date }): Promise<void> {
  await judgeRuns(tx, null, { ...input, runIds: await listEndedRunIds(tx, input.engagementId) })
}

function judgeOne(run: RunFacts, version: JudgedVersion): Verdict {
  const key = version.content.metricKey
  return judge(
    version.content,
    { isSigned: version.isSigned },
    {
      state: run.state,
      isDeleted: run.isDeleted,
      isVerified: run.isVerified,
      inputs: run.inputs,
      values: run.metrics.filter((metric) => metric.key === key),
      standardError: run.metrics.find((metric) => metric.key === `${key}_se`)?.value ?? null,
    },
    version.dataset,
  )
}

function isSame(before: EvaluationRow, after: Verdict): boolean {
  return (
    before.evaluator === EVALUATOR &&
    before.verdict === after.verdict &&
    before.reason === after.reason &&
    Object.is(before.value, after.value) &&
    before.rows === after.rows
  )
}
