import { randomUUID } from 'node:crypto'
import { parseRecipeParameters, RECIPES, type RecipeKey } from '#app/domain/recipe.ts'
import { demoDatasets, type DemoDatasetName } from '#db/demo/datasets.server.ts'
import { cageExecutor } from '#workers/executors/cage.ts'
import type { ExecutionEnd, TrackingRequest, TrackingResponse } from '#workers/executors/executor.ts'
import { RECIPE_ENTRY, recipeJobFiles } from '#workers/recipes/recipes.ts'

export interface LoggedMetric {
  key: string
  value: number
  step: number
  dataset_name?: string
  dataset_digest?: string
}

export interface RecipeRun {
  end: ExecutionEnd
  output: string
  calls: { method: string; path: string; body: unknown }[]
  metrics: LoggedMetric[]
  params: Record<string, string>
  status: string
  /** By path inside the run's artifacts. */
  artifacts: Map<string, Uint8Array>
  progress: number[]
}

const RUN_ID = '0123456789abcdef0123456789abcdef'
const ROOT = `/api/2.0/mlflow-artifacts/artifacts/7/${RUN_ID}/artifacts/`

function respond(status: number, body: object): TrackingResponse {
  return { status, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)) }
}

/** A tracking server that remembers. It knows no experiment until one is created. */
function fakeTracking(run: RecipeRun) {
  return async (request: TrackingRequest): Promise<TrackingResponse> => {
    const [path = ''] = request.path.split('?')
    if (request.method === 'PUT' && path.startsWith(ROOT)) {
      run.artifacts.set(decodeURIComponent(path.slice(ROOT.length)), request.body ?? new Uint8Array())
      return respond(200, {})
    }
    const body = request.body === null ? null : JSON.parse(new TextDecoder().decode(request.body))
    run.calls.push({ method: request.method, path: request.path, body })
    switch (path.replace('/api/2.0/mlflow/', '')) {
      case 'experiments/get-by-name':
        return respond(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Could not find it.' })
      case 'experiments/create':
        return respond(200, { experiment_id: '7' })
      case 'runs/create':
        return respond(200, {
          run: { info: { run_id: RUN_ID, artifact_uri: `mlflow-artifacts:/7/${RUN_ID}/artifacts` } },
        })
      case 'runs/log-batch':
        run.metrics.push(...(body.metrics ?? []))
        for (const { key, value } of body.params ?? []) run.params[key] = value
        return respond(200, {})
      case 'runs/update':
        run.status = body.status
        return respond(200, {})
      default:
        return respond(200, {})
    }
  }
}

/** Run a recipe in the cage on demo data, as a job would. */
export async function runRecipe(
  recipeKey: RecipeKey,
  fields: Record<string, string>,
  names: { train: DemoDatasetName; test: DemoDatasetName },
): Promise<RecipeRun> {
  const recipe = RECIPES.find((candidate) => candidate.key === recipeKey)
  if (!recipe) throw new Error(`No recipe ${recipeKey}`)
  const parameters = parseRecipeParameters(recipe, fields)
  if (!parameters.ok) throw new Error(JSON.stringify(parameters.errors))
  const datasets = (['train', 'test'] as const).map((role) => {
    const dataset = demoDatasets().find((candidate) => candidate.name === names[role])
    if (!dataset) throw new Error(`No dataset ${names[role]}`)
    return { role, name: dataset.name, digest: dataset.sha256.slice(0, 32), rows: dataset.rows, csv: dataset.csv }
  })
  const run: RecipeRun = {
    end: { state: 'cancelled' },
    output: '',
    calls: [],
    metrics: [],
    params: {},
    status: '',
    artifacts: new Map(),
    progress: [],
  }
  run.end = await cageExecutor().run(
    {
      id: randomUUID(),
      files: recipeJobFiles({
        recipeKey,
        experiment: 'Demo experiment',
        runName: 'first try',
        parameters: parameters.values,
        datasets,
        tags: { 'throughline.job': 'job-1' },
      }),
      entry: RECIPE_ENTRY,
      timeoutSeconds: 120,
      memoryMbMax: 900,
    },
    {
      onLog: (_, text) => (run.output += text),
      onProgress: (fraction) => run.progress.push(fraction),
      onUsage: () => undefined,
      track: fakeTracking(run),
      signal: new AbortController().signal,
    },
  )
  return run
}

/** A JSON artifact of the run's model folder. */
export function modelJson(run: RecipeRun, file: string): unknown {
  return JSON.parse(new TextDecoder().decode(run.artifacts.get(`model/${file}`)))
}
