import { keepBlob } from '#app/commands/storage.ts'
import { signatureOf } from '#app/commands/signatures.ts'
import { csvLine } from '#app/domain/csv.ts'
import { found, isAppError } from '#app/domain/errors.ts'
import type { BatchId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { Cell } from '#app/domain/prediction-batch.ts'
import { BATCH_BYTES_MAX, BATCH_CHUNK_ROWS, readRow, resultColumns } from '#app/domain/prediction-batch.ts'
import { streamCsvRecords } from '#db/csv-rows.server.ts'
import { savePredictions } from '#db/queries/monitoring.ts'
import type { BatchWork } from '#db/queries/prediction-batches.ts'
import { beginBatch, endBatch, saveBatchProgress } from '#db/queries/prediction-batches.ts'
import { mustRevisionAnswer } from '#db/queries/wanted-revisions.ts'
import { predictRows, whileServingReturns } from '#workers/serving/client.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'
import { PATIENCE_MS } from '#workers/task.ts'

/** Nobody wants the answers any more. */
class Unwanted extends Error {}

/**
 * Answer every row of a file with the revision that was asked, in the order of the file, and keep the result when it is
 * whole. Begun anew after a crash; while the model does not answer it is tried again.
 */
export const answerBatch: TaskHandler<'answer_batch'> = async (payload, shell) => {
  const id = toId<BatchId>(payload.batchId)
  const work = await shell.database.as({}, (tx) => beginBatch(tx, id))
  if (!work) return
  try {
    await shell.blobs.write(work.engagementId, answeredLines(work, shell), BATCH_BYTES_MAX * 2, (blob) =>
      shell.database.as({}, async (tx) => {
        const end = { state: 'succeeded', reason: '', outputSha256: blob.sha256, at: shell.now() } as const
        if (await endBatch(tx, id, end)) await keepBlob(tx, { engagementId: work.engagementId, blob, at: shell.now() })
      }),
    )
  } catch (error) {
    if (error instanceof Unwanted) return
    const reason = isAppError(error) ? error.message : await hopelessness(work, shell)
    if (reason === null) throw error
    await shell.database.as({}, (tx) =>
      endBatch(tx, id, { state: 'failed', reason, outputSha256: null, at: shell.now() }),
    )
  }
}

/** Why a revision that did not answer will not answer later either; null: it may. */
async function hopelessness(work: BatchWork, shell: TaskShell): Promise<string | null> {
  if (!(await shell.database.as({}, (tx) => mustRevisionAnswer(tx, work.deploymentId))))
    return 'The revision that was asked was taken down before it had answered every row. Send the file again.'
  const isLate = shell.now().getTime() - work.requestedAt.getTime() > PATIENCE_MS
  return isLate ? 'The model did not answer. Send the file again.' : null
}

async function* answeredLines(work: BatchWork, shell: TaskShell): AsyncIterable<Uint8Array> {
  const signature = found(await signatureOf(shell.blobs, work.engagementId, work), 'What this model takes')
  const input = await shell.blobs.open(work.engagementId, work.inputSha256)
  const encoder = new TextEncoder()
  let columns: readonly string[] | null = null
  let chunk: string[][] = []
  const done = { rowsDone: 0, rowsRefused: 0 }
  const answerChunk = async (names: readonly string[]): Promise<Uint8Array> => {
    shell.signal.throwIfAborted()
    const asked = chunk.map((record) => readRow(signature, byName(names, record)))
    const rows = asked.flatMap((one) => ('row' in one ? [one.row] : []))
    const answers = await answersTo(work, shell, { rows, asked, from: done.rowsDone })
    done.rowsRefused += asked.length - rows.length
    done.rowsDone += chunk.length
    if (!(await shell.database.as({}, (tx) => saveBatchProgress(tx, work.id, done)))) throw new Unwanted()
    const lines = chunk.map((record, index) => {
      const one = asked[index]
      const problem = one && 'errors' in one ? problemOf(one.errors) : ''
      const cells = names.map((_, at) => record[at] ?? '')
      return csvLine([...cells, answers[index] ?? null, problem])
    })
    chunk = []
    return encoder.encode(lines.join(''))
  }
  for await (const record of streamCsvRecords(input.stream())) {
    if (columns === null) {
      columns = record
      const { answer, problem } = resultColumns(columns)
      yield encoder.encode(csvLine([...columns, answer, problem]))
      continue
    }
    chunk.push(record)
    if (chunk.length === BATCH_CHUNK_ROWS) yield await answerChunk(columns)
  }
  if (columns !== null && chunk.length > 0) yield await answerChunk(columns)
}

/** Answers by the row of the chunk, null where none could be asked; kept so that the truth can be joined to them later. */
async function answersTo(
  work: BatchWork,
  shell: TaskShell,
  chunk: {
    readonly rows: readonly Record<string, Cell>[]
    readonly asked: readonly ReturnType<typeof readRow>[]
    readonly from: number
  },
): Promise<(number | string | null)[]> {
  if (chunk.rows.length === 0) return chunk.asked.map(() => null)
  const ask = () => predictRows(shell.config.serving, work.deploymentId, chunk.rows)
  const predicted = await whileServingReturns(ask, shell.signal)
  let next = 0
  const answers = chunk.asked.map((one) => ('row' in one ? (predicted[next++] ?? null) : null))
  await shell.database.as({}, (tx) =>
    savePredictions(
      tx,
      answers.flatMap((score, index) =>
        typeof score === 'number'
          ? [{ deploymentId: work.deploymentId, requestId: work.id, row: chunk.from + index, score, at: shell.now() }]
          : [],
      ),
    ),
  )
  return answers.map((answer) => (Array.isArray(answer) ? JSON.stringify(answer) : answer))
}

const byName = (names: readonly string[], record: readonly string[]): Record<string, string | undefined> =>
  Object.fromEntries(names.map((name, at) => [name, record[at]]))

const problemOf = (errors: Readonly<Record<string, string>>): string =>
  Object.entries(errors)
    .map(([name, sentence]) => `${name}: ${sentence}`)
    .join(' ')
