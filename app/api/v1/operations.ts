import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { ensureMayImport, importRuns } from '#app/commands/run-imports.ts'
import { getModelByName } from '#app/commands/registry.ts'
import { AppError } from '#app/domain/errors.ts'
import type { CriterionVersionId, DatasetVersionId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import { LINEAGE_KINDS, parseLineageEnd } from '#app/domain/lineage.ts'
import { DATASET_STATES, LEGAL_BASES } from '#app/domain/dataset.ts'
import { checkedAlias } from '#app/domain/registry.ts'
import { readImport } from '#app/domain/run-import.ts'
import { VERDICTS } from '#app/domain/verdict.ts'
import { sha256 } from '#db/digest.ts'
import { getDatasetVersion, listDatasetDependants, listDatasetVersions } from '#db/queries/datasets.ts'
import { listVerdictHistory } from '#db/queries/evaluations.ts'
import { getLeaderboard } from '#db/queries/leaderboard.ts'
import { traceLineage } from '#db/queries/lineage.ts'
import { listSeries } from '#db/queries/metrics.ts'
import { aliasVersionAt, listMoves } from '#db/queries/registry.ts'
import { getRun } from '#db/queries/runs.ts'
import { readSheet } from '#db/sheet.server.ts'
import { parse } from '../mlflow/endpoint.ts'
import type { Operation } from './operation.ts'
import { operation } from './operation.ts'

const time = z
  .date()
  .transform((at) => at.toISOString())
  .pipe(z.string())
/** NaN and the infinities have no form in JSON: null. */
const double = z
  .unknown()
  .transform((value) => (typeof value === 'number' && Number.isFinite(value) ? value : null))
  .pipe(z.number().nullable())
const Interval = z.object({ low: double, high: double }).nullable()
const End = z.object({ kind: z.enum(LINEAGE_KINDS), id: z.string() })
const Verdict = z.object({
  runId: z.string(),
  runName: z.string(),
  verdict: z.enum(VERDICTS),
  value: double,
  interval: Interval,
  rows: z.number().nullable(),
  reason: z.string(),
})

const lineage = operation(
  {
    method: 'GET',
    path: 'lineage',
    name: 'traceLineage',
    summary: 'All that a thing rests on, and all that rests on it',
    params: z.object({ from: z.string().describe('`kind:id`, such as `run:<run id>`') }),
    answer: z.object({
      nodes: z.array(
        End.extend({
          name: z.string(),
          detail: z.string(),
          direction: z
            .enum(['start', 'up', 'down'])
            .describe('`up`: the start rests on it. `down`: it rests on the start.'),
          distance: z.number().int(),
        }),
      ),
      edges: z.array(z.object({ from: End, to: End, label: z.string() })),
      isCut: z.boolean().describe('True when there is more than is told.'),
    }),
    run: ({ ctx, engagement }, { from }) => {
      const end = parseLineageEnd(from)
      return transact(ctx, async (tx) => {
        const { nodes, edges, isCut } = await traceLineage(tx, engagement.id, end)
        return { nodes: [...nodes], edges: [...edges], isCut }
      })
    },
  },
  parse,
)

const leaderboard = operation(
  {
    method: 'GET',
    path: 'criterion-versions/{version}/leaderboard',
    name: 'getLeaderboard',
    summary: 'Runs against one version of a criterion, best first; and those that cannot be compared, with why',
    params: z.object({ version: z.string().describe('Id of the version') }),
    answer: z.object({
      key: z.string(),
      version: z.number().int(),
      ranked: z.array(
        Verdict.extend({
          rank: z.number().int(),
          repetition: z
            .object({ runIds: z.array(z.string()), mean: double, interval: z.object({ low: double, high: double }) })
            .nullable()
            .describe('Runs that differ in nothing but their seed: their mean, and its interval by Student’s t.'),
        }),
      ),
      excluded: z.array(Verdict),
    }),
    run: ({ ctx, engagement }, { version }) =>
      transact(ctx, async (tx) => {
        const board = await getLeaderboard(tx, engagement.id, toId<CriterionVersionId>(version))
        return {
          ...board,
          ranked: board.ranked.map((row) => ({
            ...row,
            repetition: row.repetition && { ...row.repetition, runIds: [...row.repetition.runIds] },
          })),
          excluded: [...board.excluded],
        }
      }),
  },
  parse,
)

const verdicts = operation(
  {
    method: 'GET',
    path: 'runs/{run}/verdicts',
    name: 'listVerdicts',
    summary: 'Everything that was ever said of a run against any version of a criterion, oldest first',
    params: z.object({ run: z.string() }),
    answer: z.object({
      verdicts: z.array(
        z.object({
          key: z.string(),
          version: z.number().int(),
          sequence: z.number().int().describe('Counts the verdicts of the pair; the highest is in force.'),
          verdict: z.enum(VERDICTS),
          value: double,
          interval: Interval,
          rows: z.number().nullable(),
          reason: z.string(),
          datasetDigest: z.string(),
          evaluator: z.string(),
          at: time,
        }),
      ),
    }),
    run: ({ ctx, engagement }, { run }) =>
      transact(ctx, async (tx) => {
        const { id } = await getRun(tx, engagement.id, toRunId(run.slice(0, 100)))
        return { verdicts: await listVerdictHistory(tx, engagement.id, id) }
      }),
  },
  parse,
)

const series = operation(
  {
    method: 'GET',
    path: 'runs/{run}/series',
    name: 'listSeries',
    summary: 'Metrics of a run by step, thinned without losing a spike',
    params: z.object({
      run: z.string(),
      keys: z.string().optional().describe('Names of metrics, by commas; all of them when absent'),
      points: z.coerce.number().int().min(4).max(10_000).default(300).describe('About how many points of each'),
    }),
    answer: z.object({
      series: z.array(z.object({ key: z.string(), points: z.array(z.object({ step: z.number(), value: double })) })),
    }),
    run: ({ ctx, engagement }, { run, keys, points }) =>
      transact(ctx, async (tx) => {
        const { id } = await getRun(tx, engagement.id, toRunId(run.slice(0, 100)))
        const found = await listSeries(tx, id, points, keys?.split(',').slice(0, 50))
        return { series: found.map((one) => ({ key: one.key, points: [...one.points] })) }
      }),
  },
  parse,
)

const datasets = operation(
  {
    method: 'GET',
    path: 'datasets',
    name: 'listDatasets',
    summary: 'Versions of data, with their terms and states',
    params: z.object({}),
    answer: z.object({
      datasets: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          version: z.number().int(),
          digest: z.string(),
          state: z.enum(DATASET_STATES),
          stateReason: z.string(),
          legalBasis: z.enum(LEGAL_BASES).nullable(),
          purposes: z.array(z.string()),
          residency: z.string(),
          retainUntil: z.string().nullable(),
          rows: z.number().nullable(),
          createdAt: time,
        }),
      ),
    }),
    run: ({ ctx, engagement }) =>
      transact(ctx, async (tx) => ({
        datasets: (await listDatasetVersions(tx, engagement.id)).map((row) => ({
          ...row,
          purposes: [...row.purposes],
          rows: row.profile.rows,
        })),
      })),
  },
  parse,
)

const dependants = operation(
  {
    method: 'GET',
    path: 'datasets/{dataset}/dependants',
    name: 'listDatasetDependants',
    summary: 'What rests on a version of data',
    params: z.object({ dataset: z.string().describe('Id of the version') }),
    answer: z.object({
      dependants: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string(), how: z.string() })),
    }),
    run: ({ ctx, engagement }, { dataset }) =>
      transact(ctx, async (tx) => {
        const { id } = await getDatasetVersion(tx, engagement.id, toId<DatasetVersionId>(dataset))
        return { dependants: await listDatasetDependants(tx, engagement.id, id) }
      }),
  },
  parse,
)

const alias = operation(
  {
    method: 'GET',
    path: 'models/{model}/aliases/{alias}',
    name: 'getAlias',
    summary: 'Which version an alias pointed to, now or at any moment, and every move of it',
    params: z.object({
      model: z.string(),
      alias: z.string(),
      at: z.iso
        .datetime({ offset: true })
        .optional()
        .describe('A moment, such as 2026-05-03T12:00:00Z; now when absent'),
    }),
    answer: z.object({
      version: z.number().int().nullable(),
      moves: z.array(
        z.object({
          fromVersion: z.number().int().nullable(),
          toVersion: z.number().int().nullable(),
          actorName: z.string(),
          at: time,
        }),
      ),
    }),
    run: ({ ctx, engagement }, input) => {
      const name = checkedAlias(input.alias)
      return transact(ctx, async (tx) => {
        const model = await getModelByName(tx, engagement.id, input.model)
        const at = input.at === undefined ? ctx.now : new Date(input.at)
        const moves = await listMoves(tx, engagement.id, model.id)
        return {
          version: await aliasVersionAt(tx, engagement.id, { modelId: model.id, alias: name, at }),
          moves: moves.filter((move) => move.kind === 'alias' && move.name === name),
        }
      })
    },
  },
  parse,
)

const imports = operation(
  {
    method: 'POST',
    path: 'imports',
    name: 'importRuns',
    summary: 'Bring past results in from a CSV or XLSX file: all rows or none, unverified for ever',
    params: z.object({ name: z.string().min(1).max(200).default('results').describe('The name of the file') }),
    bodyTypes: ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    answer: z.object({
      runIds: z.array(z.string()),
      errors: z
        .array(z.object({ line: z.number().int(), message: z.string() }))
        .describe('Empty, or there are no runs.'),
    }),
    run: async ({ ctx, engagement, body }, { name }) => {
      if (ctx.actor.kind !== 'person') throw new AppError('forbidden', 'Only a person brings past results in.')
      await ensureMayImport({ ...ctx, actor: ctx.actor }, engagement.id)
      const bytes = await body()
      const reading = readImport(await readSheet(bytes))
      if (reading.errors.length > 0) return { runIds: [], errors: [...reading.errors] }
      const runIds = await importRuns(
        { ...ctx, actor: ctx.actor },
        { engagementId: engagement.id, fileName: name, sha256: sha256(bytes), runs: reading.runs },
      )
      return { runIds: [...runIds], errors: [] }
    },
  },
  parse,
)

/** Every operation of our own REST API. What is not here does not exist, and is not described. */
export const OPERATIONS: readonly Operation[] = [
  lineage,
  leaderboard,
  verdicts,
  series,
  datasets,
  dependants,
  alias,
  imports,
]
