import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { CriterionContent, VersionState } from '#app/domain/criterion.ts'
import { parseCriterionContent } from '#app/domain/criterion.ts'
import type { CriterionId, CriterionVersionId, EngagementId, RunId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import type { EvaluationDataset, RunEvidence, Verdict, VerdictKind } from '#app/domain/verdict.ts'
import { criteria, criterionVersions } from '../schema/criteria.ts'
import { datasets, datasetVersions } from '../schema/datasets.ts'
import { evaluations } from '../schema/evaluations.ts'
import { latestMetrics } from '../schema/metrics.ts'
import { runInputs, runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

/** A version that runs are judged against: the signed one, or the newest while none is signed. */
export interface JudgedVersion {
  readonly id: CriterionVersionId
  readonly criterionId: CriterionId
  readonly key: string
  readonly version: number
  readonly state: VersionState
  /** True also for a version that another replaced: it was signed once. */
  readonly isSigned: boolean
  readonly content: CriterionContent
  readonly dataset: EvaluationDataset
}

/** What is read of a version that is judged. */
const versionColumns = {
  id: criterionVersions.id,
  criterionId: criterionVersions.criterionId,
  key: criteria.key,
  version: criterionVersions.version,
  state: criterionVersions.state,
  agreedAt: criterionVersions.agreedAt,
  content: criterionVersions.content,
  profile: datasetVersions.profile,
  datasetState: datasetVersions.state,
}

const DATASET_OF_VERSION = sql`${datasetVersions.id} = (${criterionVersions.content} ->> 'datasetVersionId')::uuid`

function versionsQuery(tx: Tx) {
  return tx
    .select(versionColumns)
    .from(criterionVersions)
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .leftJoin(datasetVersions, DATASET_OF_VERSION)
}

function toJudgedVersion(row: Awaited<ReturnType<typeof versionsQuery>>[number]): JudgedVersion {
  return {
    id: toId<CriterionVersionId>(row.id),
    criterionId: toId<CriterionId>(row.criterionId),
    key: row.key,
    version: row.version,
    state: row.state,
    isSigned: row.agreedAt !== null,
    content: parseCriterionContent(row.content),
    dataset: {
      rows: row.profile?.rows ?? null,
      positives: row.profile?.positives ?? null,
      state: row.datasetState ?? 'available',
    },
  }
}

/** One version per criterion that was not withdrawn, with the dataset it names: the agreed one, else the newest. */
export async function listJudgedVersions(tx: Tx, engagementId: EngagementId): Promise<JudgedVersion[]> {
  const rows = await tx
    .selectDistinctOn([criterionVersions.criterionId], versionColumns)
    .from(criterionVersions)
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .leftJoin(datasetVersions, DATASET_OF_VERSION)
    .where(and(eq(criterionVersions.engagementId, engagementId), isNull(criteria.withdrawnAt)))
    .orderBy(
      criterionVersions.criterionId,
      sql`(${criterionVersions.state} = 'agreed') desc`,
      desc(criterionVersions.version),
    )
    .limit(500)
  return rows.map(toJudgedVersion)
}

/**
 * Every version that runs are judged against: all that were ever agreed, also those that others replaced, so that their
 * history stays whole; and the newest of a criterion of which none is agreed.
 */
export async function listVersionsToJudge(tx: Tx, engagementId: EngagementId): Promise<JudgedVersion[]> {
  const rows = await versionsQuery(tx)
    .where(
      and(
        eq(criterionVersions.engagementId, engagementId),
        isNull(criteria.withdrawnAt),
        sql`(${criterionVersions.agreedAt} is not null or ${criterionVersions.version} = (
          select max(v.version) from criterion_versions v where v.criterion_id = ${criterionVersions.criterionId}
          having not bool_or(v.state = 'agreed')))`,
      ),
    )
    .orderBy(criterionVersions.criterionId, desc(criterionVersions.version))
    .limit(2000)
  return rows.map(toJudgedVersion)
}

/** The newest runs of an engagement that finished. */
export async function listEndedRunIds(tx: Tx, engagementId: EngagementId, limit: number): Promise<RunId[]> {
  const rows = await tx
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), eq(runs.state, 'finished')))
    .orderBy(desc(runs.createdAt))
    .limit(limit)
  return rows.map((row) => toRunId(row.id))
}

/** A page of all runs of an engagement that finished, in the order of their ids, after one of them. */
export async function pageEndedRunIds(
  tx: Tx,
  engagementId: EngagementId,
  page: { readonly after: RunId | null; readonly limit: number },
): Promise<RunId[]> {
  const rows = await tx
    .select({ id: runs.id })
    .from(runs)
    .where(
      and(
        eq(runs.engagementId, engagementId),
        eq(runs.state, 'finished'),
        page.after === null ? undefined : gt(runs.id, page.after),
      ),
    )
    .orderBy(asc(runs.id))
    .limit(page.limit)
  return rows.map((row) => toRunId(row.id))
}

/** Hold the verdicts of an engagement until the transaction ends: nobody else judges its runs meanwhile. */
export async function holdVerdicts(tx: Tx, engagementId: EngagementId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`verdicts:${engagementId}`}, 0))`)
}

/** What of a standing verdict says whether a new one differs. */
export interface StandingVerdict extends Omit<Verdict, 'interval'> {
  readonly criterionVersionId: CriterionVersionId
  readonly runId: RunId
  readonly sequence: number
  readonly evaluator: string
}

/** The verdict in force of every version on each of these runs. As many as there are: the caller bounds the runs. */
export async function listStandingVerdicts(
  tx: Tx,
  engagementId: EngagementId,
  runIds: readonly RunId[],
): Promise<StandingVerdict[]> {
  const rows = await tx
    .selectDistinctOn([evaluations.runId, evaluations.criterionVersionId], {
      criterionVersionId: evaluations.criterionVersionId,
      runId: evaluations.runId,
      sequence: evaluations.sequence,
      verdict: evaluations.verdict,
      value: evaluations.value,
      rows: evaluations.rows,
      reason: evaluations.reason,
      evaluator: evaluations.evaluator,
    })
    .from(evaluations)
    .where(
      and(
        eq(evaluations.engagementId, engagementId),
        sql`${evaluations.runId} = any(${sql.param([...runIds])}::text[])`,
      ),
    )
    .orderBy(evaluations.runId, evaluations.criterionVersionId, desc(evaluations.sequence))
  return rows.map((row) => ({
    ...row,
    criterionVersionId: toId<CriterionVersionId>(row.criterionVersionId),
    runId: toRunId(row.runId),
  }))
}

export interface RunFacts {
  readonly id: RunId
  readonly name: string
  readonly state: RunEvidence['state']
  readonly isDeleted: boolean
  readonly isVerified: boolean
  readonly inputs: RunEvidence['inputs']
  readonly metrics: readonly {
    readonly key: string
    readonly value: number
    readonly digest: string | null
    readonly datasetName: string | null
  }[]
}

/** All that verdicts about these runs rest on, in three round trips however many there are. */
export async function gatherRunFacts(
  tx: Tx,
  runIds: readonly RunId[],
  metricKeys: readonly string[],
): Promise<RunFacts[]> {
  if (runIds.length === 0) return []
  const ids = sql`any(${sql.param([...runIds])}::text[])`
  const found = await tx
    .select({
      id: runs.id,
      name: runs.name,
      state: runs.state,
      stage: runs.lifecycleStage,
      isVerified: runs.isVerified,
    })
    .from(runs)
    .where(sql`${runs.id} = ${ids}`)
  const inputs = await tx
    .select({ runId: runInputs.runId, role: runInputs.role, digest: datasetVersions.digest, name: datasets.name })
    .from(runInputs)
    .innerJoin(datasetVersions, eq(datasetVersions.id, runInputs.datasetVersionId))
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(sql`${runInputs.runId} = ${ids}`)
  const metrics = await tx
    .select({
      runId: latestMetrics.runId,
      key: latestMetrics.key,
      value: latestMetrics.value,
      digest: latestMetrics.datasetDigest,
      datasetName: latestMetrics.datasetName,
    })
    .from(latestMetrics)
    .where(sql`${latestMetrics.runId} = ${ids} and ${latestMetrics.key} = any(${sql.param([...metricKeys])}::text[])`)
  return found.map((run) => ({
    id: toRunId(run.id),
    name: run.name,
    state: run.state,
    isDeleted: run.stage === 'deleted',
    isVerified: run.isVerified,
    inputs: inputs.filter((input) => input.runId === run.id),
    metrics: metrics
      .filter((metric) => metric.runId === run.id)
      .map((metric) => ({
        key: metric.key,
        value: metric.value,
        digest: metric.digest === '' ? null : metric.digest,
        datasetName: metric.datasetName === '' ? null : metric.datasetName,
      })),
  }))
}

export interface EvaluationRow extends Verdict {
  readonly criterionVersionId: CriterionVersionId
  readonly criterionId: CriterionId
  readonly key: string
  readonly version: number
  /** Of the criterion's version: what a superseded one says is history. */
  readonly state: VersionState
  readonly runId: RunId
  readonly runName: string
  readonly sequence: number
  readonly datasetDigest: string
  readonly evaluator: string
  readonly at: Date
}

const verdictColumns = {
  sequence: evaluations.sequence,
  verdict: evaluations.verdict,
  value: evaluations.value,
  ciLow: evaluations.ciLow,
  ciHigh: evaluations.ciHigh,
  rows: evaluations.rows,
  reason: evaluations.reason,
  datasetDigest: evaluations.datasetDigest,
  evaluator: evaluations.evaluator,
  at: evaluations.at,
}

const intervalOf = (low: number | null, high: number | null) => (low === null || high === null ? null : { low, high })

/** The verdicts in force, by run and version; of all runs of the engagement, of some or of one. Newest run first. */
export async function listEvaluations(
  tx: Tx,
  engagementId: EngagementId,
  only: {
    readonly runId?: RunId
    readonly runIds?: readonly RunId[]
    readonly criterionVersionId?: CriterionVersionId
    readonly limit?: number
  } = {},
): Promise<EvaluationRow[]> {
  const rows = await tx
    .selectDistinctOn([evaluations.runId, evaluations.criterionVersionId], {
      criterionVersionId: evaluations.criterionVersionId,
      criterionId: criterionVersions.criterionId,
      key: criteria.key,
      version: criterionVersions.version,
      state: criterionVersions.state,
      runId: evaluations.runId,
      runName: runs.name,
      ...verdictColumns,
    })
    .from(evaluations)
    .innerJoin(criterionVersions, eq(criterionVersions.id, evaluations.criterionVersionId))
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .innerJoin(runs, eq(runs.id, evaluations.runId))
    .where(
      and(
        eq(evaluations.engagementId, engagementId),
        only.runId === undefined ? undefined : eq(evaluations.runId, only.runId),
        only.runIds === undefined ? undefined : sql`${evaluations.runId} = any(${sql.param([...only.runIds])}::text[])`,
        only.criterionVersionId === undefined ? undefined : eq(evaluations.criterionVersionId, only.criterionVersionId),
      ),
    )
    .orderBy(evaluations.runId, evaluations.criterionVersionId, desc(evaluations.sequence))
    .limit(only.limit ?? 5000)
  return rows
    .map(({ ciLow, ciHigh, ...row }) => ({
      ...row,
      criterionVersionId: toId<CriterionVersionId>(row.criterionVersionId),
      criterionId: toId<CriterionId>(row.criterionId),
      runId: toRunId(row.runId),
      interval: intervalOf(ciLow, ciHigh),
    }))
    .sort((a, b) => b.at.getTime() - a.at.getTime())
}

/** Every verdict on a run, also those that others replaced, by criterion and version, the oldest first. */
export async function listVerdictHistory(tx: Tx, engagementId: EngagementId, runId: RunId, limit = 5000) {
  const rows = await tx
    .select({
      key: criteria.key,
      version: criterionVersions.version,
      ...verdictColumns,
    })
    .from(evaluations)
    .innerJoin(criterionVersions, eq(criterionVersions.id, evaluations.criterionVersionId))
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .where(and(eq(evaluations.engagementId, engagementId), eq(evaluations.runId, runId)))
    .orderBy(criteria.key, criterionVersions.version, evaluations.sequence)
    .limit(limit)
  return rows.map(({ ciLow, ciHigh, ...row }) => ({
    ...row,
    interval: intervalOf(ciLow, ciHigh),
  }))
}

export interface NewEvaluation {
  readonly id: string
  readonly engagementId: EngagementId
  readonly criterionVersionId: CriterionVersionId
  readonly runId: RunId
  readonly sequence: number
  readonly verdict: VerdictKind
  readonly value: number | null
  readonly ciLow: number | null
  readonly ciHigh: number | null
  readonly rows: number | null
  readonly reason: string
  readonly datasetDigest: string
  readonly evaluator: string
  readonly at: Date
}

/** A statement takes 65,534 parameters, and a verdict has fourteen. */
const INSERTED_AT_ONCE_MAX = 1000

/** Append verdicts. The caller holds the engagement's verdicts, so that no two have one number. */
export async function insertEvaluations(tx: Tx, rows: readonly NewEvaluation[]): Promise<void> {
  for (let at = 0; at < rows.length; at += INSERTED_AT_ONCE_MAX)
    await tx.insert(evaluations).values(rows.slice(at, at + INSERTED_AT_ONCE_MAX))
}
