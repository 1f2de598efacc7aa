import { readFileSync } from 'node:fs'
import { sha256 } from '#db/digest.ts'
import type { RecipeDatasetRole, RecipeKey, RecipeParameterValues } from '#app/domain/recipe.ts'
import type { ExecutionSpec } from '#workers/executors/executor.ts'

/** Path inside the cage, and the file beside this one that goes there. */
const LIBRARY = {
  '/job/mlflow.py': 'mlflow_client.py',
  '/job/throughline.py': 'throughline.py',
  '/job/onnx_writer.py': 'onnx_writer.py',
  '/job/learning.py': 'learning.py',
}

const PROGRAMS: Record<RecipeKey, string> = {
  'bird-strike-damage': 'bird_strike_damage.py',
  'next-day-temperature': 'next_day_temperature.py',
}

/** Where a recipe's program starts. */
export const RECIPE_ENTRY = '/job/main.py'

export interface RecipeJob {
  recipeKey: RecipeKey
  experiment: string
  runName: string
  parameters: RecipeParameterValues
  datasets: readonly { role: RecipeDatasetRole; name: string; digest: string; rows: number; csv: Uint8Array }[]
  tags: Record<string, string>
}

type CageFile = ExecutionSpec['files'][number]

/** The program of a recipe and the library it imports, where the cage expects them. */
export function recipeFiles(recipeKey: RecipeKey): CageFile[] {
  const sources = { ...LIBRARY, [RECIPE_ENTRY]: PROGRAMS[recipeKey] }
  return Object.entries(sources).map(([path, file]) => ({ path, bytes: read(file) }))
}

/** One name for a recipe's program and library, byte by byte: a changed line is another recipe. */
export function recipeDigest(recipeKey: RecipeKey): string {
  return sha256(
    recipeFiles(recipeKey)
      .map(({ path, bytes }) => `${path} ${sha256(bytes)}\n`)
      .join(''),
  )
}

/** Everything one job needs in the cage: program, library, rows, and the order in /job/job.json. */
export function recipeJobFiles(job: RecipeJob): CageFile[] {
  const datasets = job.datasets.map(({ role, name, digest, rows, csv }) => ({
    order: { role, name, digest, rows, path: `/data/${role}.csv` },
    file: { path: `/data/${role}.csv`, bytes: csv },
  }))
  const order = {
    experiment: job.experiment,
    runName: job.runName,
    parameters: job.parameters,
    datasets: datasets.map((dataset) => dataset.order),
    tags: job.tags,
  }
  return [
    ...recipeFiles(job.recipeKey),
    { path: '/job/job.json', bytes: new TextEncoder().encode(JSON.stringify(order)) },
    ...datasets.map((dataset) => dataset.file),
  ]
}

function read(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, import.meta.url)))
}
