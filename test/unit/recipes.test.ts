import { describe, expect, test } from 'vitest'
import { findRecipe, parseRecipeParameters, RECIPES } from '#app/domain/recipe.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { openModel } from '#workers/serving/model.ts'
import { maxAbsDiff, parseCsv, parseInvocation, Signature, type Manifest } from '#workers/serving/protocol.ts'
import { modelJson, runRecipe, type RecipeRun } from './recipe-run.ts'

const BIRDS = { train: 'birdstrikes-train', test: 'birdstrikes-holdout' } as const
const WEATHER = { train: 'weather-train', test: 'weather-holdout' } as const

const last = (run: RecipeRun, key: string) => run.metrics.findLast((metric) => metric.key === key)
const valueOf = (run: RecipeRun, key: string) => last(run, key)?.value ?? NaN

/** The difference between what the runtime serves for the stored example and what training computed. */
async function parity(run: RecipeRun): Promise<number | null> {
  const signature = Signature.parse(modelJson(run, 'signature.json'))
  const model = await openModel(run.artifacts.get('model/model.onnx') ?? new Uint8Array(), signature)
  const served = await model.predict(parseInvocation(signature, modelJson(run, 'input_example.json')))
  await model.release()
  return maxAbsDiff(served, modelJson(run, 'expected_output.json') as Manifest['expected']) // a test's own artifact
}

/** The log loss of the served model on the whole hold-out, read from the CSV as a caller would. */
async function servedLogLoss(run: RecipeRun): Promise<number> {
  const signature = Signature.parse(modelJson(run, 'signature.json'))
  const model = await openModel(run.artifacts.get('model/model.onnx') ?? new Uint8Array(), signature)
  const csv = demoDatasets().find((dataset) => dataset.name === BIRDS.test)?.csv
  const [header = [], ...rows] = new TextDecoder()
    .decode(csv)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
  const places = signature.inputs.map((input) => header.indexOf(input.name))
  const lines = [signature.inputs.map((input) => input.name), ...rows.map((row) => places.map((place) => row[place]))]
  const served = await model.predict(parseCsv(signature, lines.map((line) => line.join(',')).join('\n')))
  await model.release()
  const losses = served.flat().map((probability, index) => {
    const isDamaged = rows[index]?.[header.indexOf('damaged')] === '1'
    return -Math.log(isDamaged ? probability : 1 - probability)
  })
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

function expectWholeRun(run: RecipeRun, metricKeys: readonly string[]): void {
  expect(run.output).not.toContain('Traceback')
  expect(run.end).toEqual({ state: 'succeeded' })
  expect(run.status).toBe('FINISHED')
  expect(run.metrics.filter((metric) => metric.key === 'loss').length).toBeGreaterThanOrEqual(20)
  for (const key of metricKeys) expect(Number.isFinite(valueOf(run, key)), key).toBe(true)
  expect([...run.artifacts.keys()].sort()).toEqual(
    ['MLmodel', 'expected_output.json', 'input_example.json', 'model.onnx', 'signature.json'].map(
      (name) => `model/${name}`,
    ),
  )
  expect(run.progress.at(-1)).toBe(1)
}

describe('bird-strike damage', { timeout: 90_000 }, () => {
  test('by boosting: a complete run, a plausible model, served as it was trained', async () => {
    const run = await runRecipe('bird-strike-damage', {}, BIRDS)
    expectWholeRun(run, ['roc_auc', 'recall', 'precision', 'accuracy', 'log_loss', 'brier', 'brier_se', 'n_positive'])
    expect(valueOf(run, 'roc_auc')).toBeGreaterThan(0.79)
    expect(valueOf(run, 'roc_auc')).toBeLessThan(0.84)
    expect(valueOf(run, 'n')).toBe(1848)
    const digest = demoDatasets()
      .find((dataset) => dataset.name === BIRDS.test)
      ?.sha256.slice(0, 32)
    expect(last(run, 'roc_auc')).toMatchObject({ dataset_name: BIRDS.test, dataset_digest: digest })
    expect(run.params).toMatchObject({ algorithm: 'gradient_boosting', iterations: '80', seed: '1' })
    expect(await parity(run)).toBeLessThan(1e-4)
    expect(Math.abs((await servedLogLoss(run)) - valueOf(run, 'log_loss'))).toBeLessThan(1e-5)

    const paths = run.calls.map((call) => call.path.split('?')[0])
    expect(paths.slice(0, 3)).toEqual([
      '/api/2.0/mlflow/experiments/get-by-name',
      '/api/2.0/mlflow/experiments/create',
      '/api/2.0/mlflow/runs/create',
    ])
    const created = run.calls.find((call) => call.path.endsWith('runs/create'))
    expect(created?.body).toMatchObject({ run_name: 'first try', tags: [{ key: 'throughline.job', value: 'job-1' }] })
    const inputs = run.calls.filter((call) => call.path.endsWith('runs/log-inputs'))
    expect(inputs.map((call) => call.body)).toMatchObject([
      {
        datasets: [
          {
            dataset: { name: BIRDS.train, source_type: 'throughline', source: BIRDS.train },
            tags: [{ key: 'mlflow.data.context', value: 'training' }],
          },
        ],
      },
      {
        datasets: [{ dataset: { name: BIRDS.test, digest }, tags: [{ key: 'mlflow.data.context', value: 'testing' }] }],
      },
    ])
  })

  test('by logistic regression, and from the flight alone: a weaker model that says so', async () => {
    const logistic = { algorithm: 'logistic', learning_rate: '0.02', iterations: '20' }
    const all = await runRecipe('bird-strike-damage', logistic, BIRDS)
    const flightOnly = await runRecipe('bird-strike-damage', { ...logistic, features: 'flight-only' }, BIRDS)
    for (const run of [all, flightOnly]) {
      expectWholeRun(run, ['roc_auc'])
      expect(await parity(run)).toBeLessThan(1e-4)
    }
    expect(valueOf(all, 'roc_auc')).toBeGreaterThan(0.78)
    expect(valueOf(flightOnly, 'roc_auc')).toBeGreaterThan(0.6)
    expect(valueOf(flightOnly, 'roc_auc')).toBeLessThan(valueOf(all, 'roc_auc') - 0.05)
    const { inputs } = Signature.parse(modelJson(flightOnly, 'signature.json'))
    expect(inputs.map((input) => input.name)).not.toContain('wildlife_size')
  })

  test('marks its run failed when the rows do not fit', async () => {
    const run = await runRecipe('bird-strike-damage', {}, { train: 'weather-train', test: 'weather-holdout' })
    expect(run.end).toMatchObject({ state: 'failed', reason: 'exception' })
    expect(run.end).toHaveProperty('message', expect.stringContaining('The dataset weather-train has no column month'))
    expect(run.status).toBe('FAILED')
  })
})

describe("tomorrow's temperature", { timeout: 60_000 }, () => {
  test('a complete run by each solver, served as it was trained', async () => {
    for (const fields of [{ solver: 'closed_form' }, { solver: 'gradient_descent', days: '7' }]) {
      const run = await runRecipe('next-day-temperature', fields, WEATHER)
      expectWholeRun(run, ['rmse', 'rmse_se', 'mae', 'mae_se', 'r2', 'r2_se'])
      expect(valueOf(run, 'rmse')).toBeGreaterThan(2)
      expect(valueOf(run, 'rmse')).toBeLessThan(3)
      expect(valueOf(run, 'rmse_se')).toBeLessThan(0.3)
      expect(last(run, 'rmse')).toMatchObject({ dataset_name: WEATHER.test })
      expect(await parity(run)).toBeLessThan(1e-4)
    }
  })
})

describe('demo data', () => {
  test('has the same bytes at every call, splits by time and holds no costs', () => {
    const datasets = demoDatasets()
    expect(datasets.map((dataset) => [dataset.name, dataset.rows, dataset.profile.positives])).toEqual([
      ['birdstrikes-train', 5365, 565],
      ['birdstrikes-holdout', 1848, 206],
      ['birdstrikes-live', 2787, 290],
      ['weather-train', 1089, undefined],
      ['weather-holdout', 365, undefined],
    ])
    expect(demoDatasets().map((dataset) => dataset.sha256)).toEqual(datasets.map((dataset) => dataset.sha256))
    expect(datasets[0]?.sha256).toBe('78949674759ab0283939c72275285d3fd9e4c94115bf0bf76c3f87a7e101ee40')
    for (const dataset of datasets) {
      expect(dataset.profile.columns.join()).not.toMatch(/cost/i)
      expect(new TextDecoder().decode(dataset.csv).trimEnd().split('\n')).toHaveLength(dataset.rows + 1)
    }
  })

  test('holds every column that the recipes ask for', () => {
    const columnsOf = (name: string) => demoDatasets().find((dataset) => dataset.name === name)?.profile.columns
    expect(columnsOf('birdstrikes-train')).toEqual(
      expect.arrayContaining([...(findRecipe('bird-strike-damage')?.datasets[0]?.columns ?? ['none'])]),
    )
    expect(columnsOf('weather-train')).toEqual(
      expect.arrayContaining([...(findRecipe('next-day-temperature')?.datasets[0]?.columns ?? ['none'])]),
    )
  })
})

describe('recipe parameters', () => {
  const [birds] = RECIPES
  if (!birds) throw new Error('There are no recipes.')

  test('take their defaults when blank or absent', () => {
    const parsed = parseRecipeParameters(birds, { iterations: ' ', other: 'x' })
    expect(parsed).toEqual({
      ok: true,
      values: { algorithm: 'gradient_boosting', features: 'all', iterations: 80, learning_rate: 0.1, l2: 5, seed: 1 },
    })
  })

  test('are refused by field, with the bounds', () => {
    const fields = { algorithm: 'magic', iterations: '19', learning_rate: '1e9', l2: '0x10', seed: '1.5' }
    expect(parseRecipeParameters(birds, fields)).toEqual({
      ok: false,
      errors: {
        algorithm: 'Algorithm has no option “magic”.',
        iterations: 'Iterations must be between 20 and 400.',
        learning_rate: 'Learning rate must be between 0.001 and 0.5.',
        l2: 'L2 penalty must be a number.',
        seed: 'Seed must be a whole number.',
      },
    })
    expect(parseRecipeParameters(birds, { iterations: '20', l2: '0' })).toMatchObject({ ok: true })
    expect(parseRecipeParameters(birds, { iterations: '400' })).toMatchObject({ ok: true })
    expect(parseRecipeParameters(birds, { iterations: '401' })).toMatchObject({ ok: false })
  })
})
