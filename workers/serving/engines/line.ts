import { Writable } from 'node:stream'
import { z } from 'zod'
import { lineReader, parsedLine } from '#workers/executors/lines.ts'
import { ModelError } from '../model.ts'
import type { Columns, Predictions } from '../protocol.ts'
import { predictionsOf, questionOf } from '../wire.ts'
import { EngineAway } from './engine.ts'

const READY_MS_MAX = 60_000
/** Shorter than the patience of whoever asked: they hear of it, and the next question finds a new container. */
const ANSWER_MS_MAX = 25_000
const LINE_BYTES_MAX = 256 * 1024 * 1024
const COMPLAINT_LENGTH_MAX = 500

/** What a container may answer; everything from it is outside input. */
export const Answer = z.union([
  z.object({ width: z.int().min(0).max(100_000), numbers: z.string() }),
  z.object({ refused: z.string().max(2000) }),
  z.object({ error: z.string().max(2000) }),
])

/** @throws ModelError when the container refuses; Error when it is at a loss, or answered something else than was asked */
export function predictionsIn(raw: unknown, rowCount: number): Predictions {
  const answer = Answer.parse(raw)
  if ('refused' in answer) throw new ModelError(answer.refused)
  if ('error' in answer) throw new Error(`A model’s container failed: ${answer.error}`)
  const predictions = predictionsOf(answer, rowCount)
  if (predictions === null) throw new ModelError('The model gave another number of rows back.')
  return predictions
}

/** How dockerode takes standard output and standard error apart. */
interface Modem {
  demuxStream(stream: NodeJS.ReadableStream, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): void
}

interface Waiting {
  readonly settle: (raw: unknown) => void
  readonly fail: (error: Error) => void
}

/** A conversation with the program of a model's container. @param onEnd called once, whoever ended it */
export function openLine(modem: Modem, stream: NodeJS.ReadWriteStream, onEnd: () => void) {
  const waiting = new Map<string, Waiting>()
  let asked = 0
  let complaint = ''
  let isOver = false
  const asking = new Set<Promise<unknown>>()

  const close = (why: Error = new ModelError('The container was stopped.')) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    for (const { fail } of waiting.values()) fail(why)
    waiting.clear()
    if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
    onEnd()
  }
  const wait = (key: string) =>
    new Promise<unknown>((settle, fail) => {
      if (isOver) fail(new EngineAway('The container is gone.'))
      else waiting.set(key, { settle, fail })
    })
  // Whoever took it away, the model is not to blame.
  const lost = () => close(new EngineAway(`The container is gone.${complaint === '' ? '' : ` It said: ${complaint}`}`))
  const timer = setTimeout(() => close(new ModelError('The container did not get ready in time.')), READY_MS_MAX)

  const hear = (text: string) => {
    const at = text.indexOf(' ')
    const key = text.slice(0, at)
    const raw = parsedLine(text.slice(at + 1))
    if (key === 'refused') {
      const said = z.object({ refused: z.string().max(2000) }).safeParse(raw)
      return close(new ModelError(said.success ? said.data.refused : 'The container refuses the model.'))
    }
    waiting.get(key)?.settle(raw)
    waiting.delete(key)
  }
  const complaints = new Writable({
    write(piece: Buffer, _encoding, done) {
      complaint = (complaint + piece.toString('utf8')).slice(0, COMPLAINT_LENGTH_MAX)
      done()
    },
  })
  const ready = wait('ready').then(() => clearTimeout(timer))
  ready.catch(() => undefined)
  modem.demuxStream(stream, lineReader(LINE_BYTES_MAX, hear, lost), complaints)
  for (const event of ['end', 'close', 'error']) stream.on(event, lost)

  return {
    /** Resolves when the model is there; rejects with a ModelError that says why it is not, or EngineAway. */
    ready,
    close,
    /** Wait for the answers that are on their way, then close. */
    async finish(): Promise<void> {
      await Promise.allSettled(asking)
      close()
    },
    /** @throws EngineAway when the container is gone, ModelError when it does not answer in time */
    async ask(columns: Columns): Promise<Predictions> {
      const key = String((asked += 1))
      const answer = wait(key)
      asking.add(answer)
      const late = setTimeout(() => close(new ModelError('The container did not answer in time.')), ANSWER_MS_MAX)
      try {
        if (!isOver) stream.write(`${key} ${JSON.stringify(questionOf(columns))}\n`)
        return predictionsIn(await answer, columns.rowCount)
      } finally {
        clearTimeout(late)
        asking.delete(answer)
      }
    },
  }
}
