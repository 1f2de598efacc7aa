import { sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import type { DatasetRole } from '#app/domain/verdict.ts'
import type { Database, Scope, Tx } from '../types.ts'
import type { KeyValue, RunRow } from './runs.ts'

export interface RunInput {
  readonly datasetVersionId: string
  readonly name: string
  readonly digest: string
  readonly role: DatasetRole
  readonly context: string
  /** Its tags beside the context. */
  readonly tags: readonly KeyValue[]
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
}

export interface RunDetail {
  readonly run: RunRow
  /** Last point of each key, dataset and model. */
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly inputs: readonly RunInput[]
  readonly models: readonly {
    readonly modelId: string
    readonly direction: 'input' | 'output'
    readonly step: number
  }[]
}

/** What app.run_details answers: a list for each column, each null where there is nothing. */
type DetailsAnswer = {
  readonly metrics: Columns<[string, string, number, number, string, string, string]>
  readonly params: Columns<[string, string]>
  readonly tags: Columns<[string, string]>
  readonly inputs: readonly RunInput[] | null
  readonly models: RunDetail['models'] | null
}
type Columns<Row extends readonly unknown[]> = { readonly [Place in keyof Row]: readonly Row[Place][] | null }

type RunAnswer = Omit<RunRow, 'createdAt' | 'endedAt'> & { readonly createdAt: string; readonly endedAt: string | null }

/** A run with what was answered of it. */
function toRunDetail(run: RunRow, answer: DetailsAnswer): RunDetail {
  const { metrics, params, tags, inputs, models } = answer
  return {
    run,
    metrics: metricsOf(metrics),
    params: pairsOf(params),
    tags: pairsOf(tags),
    inputs: inputs ?? [],
    models: models ?? [],
  }
}

function pairsOf([keys, values]: DetailsAnswer['params']): KeyValue[] {
  return (keys ?? []).map((key, at) => ({ key, value: values?.[at] ?? '' }))
}

function metricsOf([keys, values, steps, timestamps, names, digests, models]: DetailsAnswer['metrics']): MetricPoint[] {
  return (keys ?? []).map((key, at) => ({
    key,
    value: Number(values?.[at]),
    step: steps?.[at] ?? 0,
    timestamp: timestamps?.[at] ?? 0,
    datasetName: names?.[at] ?? '',
    datasetDigest: digests?.[at] ?? '',
    modelId: models?.[at] ?? '',
  }))
}

/** Everything that is shown of runs, in one round trip, in the order of the ids. */
export async function loadRunDetails(tx: Tx, rows: readonly RunRow[]): Promise<RunDetail[]> {
  const [first] = rows
  if (first === undefined) return []
  // For a list of unknown length a plan is made anew each time, which for one run takes longer than to read it.
  const wanted =
    rows.length === 1
      ? sql`(select ${first.id}::text as id) wanted`
      : sql`unnest(${sql.param(rows.map((row) => row.id))}::text[]) as wanted(id)`
  const answered = await tx.execute<{ id: string } & DetailsAnswer>(
    sql`select wanted.id, d.* from ${wanted} cross join lateral app.run_details(wanted.id) d`,
  )
  const byId = new Map([...answered].map((answer) => [answer.id, answer]))
  return rows.map((run) => toRunDetail(run, found(byId.get(run.id), `Run with id=${run.id}`)))
}

/** The same of one run of the viewer's engagement, in one round trip. @throws AppError `not_found` */
export async function readRun(database: Database, scope: Scope, runId: RunId): Promise<RunDetail> {
  const [answer] = await database.call<{ run: RunAnswer } & DetailsAnswer>(scope, 'read_run', [runId])
  const { run, ...details } = found(answer, `Run with id=${runId}`)
  return toRunDetail(
    { ...run, createdAt: new Date(run.createdAt), endedAt: run.endedAt === null ? null : new Date(run.endedAt) },
    details,
  )
}
