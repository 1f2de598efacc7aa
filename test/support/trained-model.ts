import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { modelJson, runRecipe } from '../unit/recipe-run.ts'

/** A model that a recipe trained, stored in a data folder, as a manifest names it. */
export interface TrainedModel {
  readonly manifest: Readonly<Record<string, unknown>>
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

export async function aTrainedModel(dataDir: string): Promise<TrainedModel> {
  const run = await runRecipe(
    'bird-strike-damage',
    { algorithm: 'logistic', iterations: '20', learning_rate: '0.02' },
    { train: 'birdstrikes-holdout', test: 'birdstrikes-live' },
  )
  const onnx = run.artifacts.get('model/model.onnx')
  if (!onnx) throw new Error(`The recipe left no model: ${run.output}`)
  mkdirSync(path.join(dataDir, 'blobs'))
  writeFileSync(path.join(dataDir, 'blobs', 'model'), onnx)
  const example = modelJson(run, 'input_example.json') as {
    dataframe_split: { columns: string[]; data: unknown[][] }
  } // our own artifact
  const { columns, data } = example.dataframe_split
  return {
    columns,
    rows: data,
    manifest: {
      onnxPath: 'blobs/model',
      onnxSha256: createHash('sha256').update(onnx).digest('hex'),
      signature: modelJson(run, 'signature.json'),
      example,
      expected: modelJson(run, 'expected_output.json'),
    },
  }
}
