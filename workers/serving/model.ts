import { setFlagsFromString } from 'node:v8'
import * as ort from 'onnxruntime-web'
import type { Columns, Predictions, Signature } from './protocol.ts'

// One thread for each process: several models share two cores, and a small model gains nothing from more.
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

// Asked less often whether running code should become faster code, V8 opens a model in half of the time. It is what V8 12 does.
setFlagsFromString('--wasm-tiering-budget=13000000')

/** A model ready to predict. */
export interface Model {
  predict(columns: Columns): Promise<Predictions>
  release(): Promise<void>
}

/** The file is no model that we can serve; the sentence says why. */
export class ModelError extends Error {}

type InputMetadata = ort.InferenceSession.ValueMetadata

/**
 * Open an ONNX model: either one input of shape [rows, 1] for each column of the signature, or a single [rows, columns]
 * input of numbers in the order of the signature.
 * @throws ModelError
 */
export async function openModel(onnx: Uint8Array, signature: Signature): Promise<Model> {
  let session: ort.InferenceSession
  try {
    session = await ort.InferenceSession.create(onnx)
  } catch (error) {
    throw new ModelError('The file is not an ONNX model that this server can load.', { cause: error })
  }
  const problem = signatureProblem(session, signature)
  if (problem !== null) {
    await session.release()
    throw new ModelError(problem)
  }
  const outputName = outputOf(session, signature)
  let last: Promise<unknown> = Promise.resolve()
  let isReleased = false
  return {
    async predict(columns) {
      if (isReleased) throw new ModelError('The model is being reloaded.')
      // One at a time: a session is one piece of memory.
      const next = last.then(async () => {
        const results = await session.run(feedsOf(session, signature, columns), [outputName])
        return predictionsOf(results[outputName], columns.rowCount)
      })
      last = next.catch(() => undefined)
      return next
    },
    async release() {
      isReleased = true
      await last
      await session.release()
    },
  }
}

function outputOf(session: ort.InferenceSession, signature: Signature): string {
  const named = signature.outputs[0]?.name ?? ''
  return session.outputNames.includes(named) ? named : (session.outputNames.at(-1) ?? '')
}

function isMatrix(session: ort.InferenceSession, signature: Signature): boolean {
  const [only] = session.inputNames
  return session.inputNames.length === 1 && (signature.inputs.length > 1 || only !== signature.inputs[0]?.name)
}

function signatureProblem(session: ort.InferenceSession, signature: Signature): string | null {
  if (session.outputNames.length === 0) return 'The model gives nothing back.'
  if (isMatrix(session, signature)) {
    const text = signature.inputs.find((input) => input.type === 'string')
    return text ? `The model takes one table of numbers, but the signature has the text column ${text.name}.` : null
  }
  const names = new Set(signature.inputs.map((input) => input.name))
  const unnamed = session.inputNames.find((name) => !names.has(name))
  if (unnamed !== undefined) return `The model takes ${unnamed}, which the signature does not name.`
  const absent = [...names].find((name) => !session.inputNames.includes(name))
  if (absent !== undefined) return `The signature names ${absent}, which the model does not take.`
  for (const input of signature.inputs) {
    const isText = typeOf(metadataOf(session, input.name)) === 'string'
    if (isText !== (input.type === 'string'))
      return `The signature and the model disagree on the type of ${input.name}.`
  }
  return null
}

function metadataOf(session: ort.InferenceSession, name: string): InputMetadata | undefined {
  return session.inputMetadata.find((metadata) => metadata.name === name)
}

function typeOf(metadata: InputMetadata | undefined): string {
  return metadata?.isTensor === true ? metadata.type : 'float32'
}

function feedsOf(session: ort.InferenceSession, signature: Signature, columns: Columns): Record<string, ort.Tensor> {
  const rows = columns.rowCount
  const valuesOf = (name: string) => columns.values.get(name) ?? []
  if (isMatrix(session, signature)) {
    const name = session.inputNames[0] ?? ''
    const lists = signature.inputs.map((input) => valuesOf(input.name).map(Number))
    const flat = Array.from({ length: rows * lists.length }, (_, at) => {
      return lists[at % lists.length]?.[Math.floor(at / lists.length)] ?? NaN
    })
    return { [name]: tensorOf(typeOf(metadataOf(session, name)), flat, [rows, lists.length]) }
  }
  const feeds = signature.inputs.map(({ name }) => [
    name,
    tensorOf(typeOf(metadataOf(session, name)), valuesOf(name), [rows, 1]),
  ])
  return Object.fromEntries(feeds)
}

function tensorOf(type: string, values: readonly (number | string)[], dims: readonly number[]): ort.Tensor {
  switch (type) {
    case 'string':
      return new ort.Tensor('string', values.map(String), dims)
    case 'float64':
      return new ort.Tensor('float64', Float64Array.from(values, Number), dims)
    case 'int64':
      return new ort.Tensor(
        'int64',
        BigInt64Array.from(values, (value) => BigInt(Math.trunc(Number(value) || 0))),
        dims,
      )
    case 'int32':
      return new ort.Tensor('int32', Int32Array.from(values, Number), dims)
    default:
      return new ort.Tensor('float32', Float32Array.from(values, Number), dims)
  }
}

function predictionsOf(result: ort.OnnxValue | undefined, rowCount: number): Predictions {
  if (!(result instanceof ort.Tensor)) throw new ModelError('The model gave no table back.')
  const flat = Array.from(result.data as Iterable<unknown>, Number) // the union of array types has no common iterator
  const width = flat.length / rowCount
  if (!Number.isInteger(width) || width === 0) throw new ModelError('The model gave another number of rows back.')
  if (width === 1) return flat
  return Array.from({ length: rowCount }, (_, row) => flat.slice(row * width, (row + 1) * width))
}
