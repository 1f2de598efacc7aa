import { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { EngineAway } from '#workers/serving/engines/engine.ts'
import { openLine } from '#workers/serving/engines/line.ts'
import { ModelError } from '#workers/serving/model.ts'
import { probed } from '#workers/serving/probe.ts'

/** A line to a container that says what the test says; standard output alone, as the engine would give it. */
function aLine() {
  const stream = new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() })
  const modem = {
    demuxStream: (from: NodeJS.ReadableStream, stdout: NodeJS.WritableStream) => void from.pipe(stdout),
  }
  return { stream, line: openLine(modem, stream, () => undefined) }
}

const STORED = {
  signature: {
    inputs: [{ name: 'speed', type: 'double' as const, required: true, description: '' }],
    outputs: [{ name: 'score', type: 'double', description: '' }],
  },
  example: { dataframe_split: { columns: ['speed'], data: [[1]] } },
  expected: [1],
}

describe('a container', () => {
  test('that goes away while it starts or is probed says nothing of its model', async () => {
    const starting = aLine()
    starting.stream.destroy()
    await expect(starting.line.ready).rejects.toBeInstanceOf(EngineAway)

    const { stream, line } = aLine()
    stream.push('ready {}\n')
    await line.ready
    const model = { predict: line.ask, release: () => line.finish() }
    const probe = probed(model, STORED)
    stream.destroy()
    await expect(probe).rejects.toBeInstanceOf(EngineAway)
    await expect(probed(model, STORED)).rejects.toBeInstanceOf(EngineAway)
  })

  test('that refuses its model says why', async () => {
    const { stream, line } = aLine()
    stream.push('refused {"refused":"This is not an ONNX model."}\n')
    await expect(line.ready).rejects.toEqual(new ModelError('This is not an ONNX model.'))
  })
})
