import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { isStorable } from '#app/domain/text.ts'
import type { Blobs, StagedBlob } from './blobs.server.ts'
import type { DatasetProfile } from './schema/datasets.ts'

const COLUMNS_MAX = 2000
const CELL_BYTES_MAX = 1024 * 1024

/**
 * Take a CSV file, read what it holds in the same pass, and let `name` publish it. A file that cannot be read leaves
 * nothing behind.
 * @param input.bytesMax the largest file that is taken
 * @throws AppError `invalid` that names the line which cannot be read, or the limit
 */
export async function storeCsv<T>(
  blobs: Blobs,
  content: AsyncIterable<Uint8Array>,
  input: { readonly engagementId: EngagementId; readonly target: string; readonly bytesMax: number },
  name: (read: { readonly blob: StagedBlob; readonly profile: DatasetProfile }) => Promise<T>,
): Promise<T> {
  const copy = new PassThrough()
  const profiled = profileCsv(copy, input.target)
  // Told where the pieces pass; without this an early failure would count as unhandled.
  profiled.catch(() => undefined)
  async function* passing() {
    for await (const piece of content) {
      if (!copy.write(piece)) await Promise.race([once(copy, 'drain'), profiled])
      yield piece
    }
    copy.end()
    await profiled
  }
  return blobs.write(input.engagementId, passing(), input.bytesMax, async (blob) =>
    name({ blob, profile: await profiled }),
  )
}

/**
 * Count the rows of a CSV file (RFC 4180, UTF-8, with a header) and read its columns, in one pass without keeping it.
 * @param target a column of 0 and 1 whose ones are counted as positives; empty for none
 * @throws AppError `invalid` that names the line which cannot be read
 */
async function profileCsv(content: Readable, target: string): Promise<DatasetProfile> {
  const parser = content.pipe(parse({ bom: true, maxRecordSize: CELL_BYTES_MAX, skipEmptyLines: true }))
  content.once('error', (error) => parser.destroy(error))
  let columns: string[] | null = null
  let [rows, positives] = [0, 0]
  try {
    for await (const raw of parser) {
      const record = raw as string[] // without options for columns or casting, a record is a list of texts
      if (columns === null) {
        columns = checkedHeader(record, target)
        continue
      }
      rows += 1
      if (target === '') continue
      const value = record[columns.indexOf(target)]?.trim()
      if (value !== '0' && value !== '1')
        throw invalid(`Line ${String(rows + 1)}: the column ${target} holds something other than 0 and 1.`, 'target')
      positives += Number(value)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw invalid(`This file is not CSV: ${error.message}.`, 'file')
  }
  if (columns === null || rows === 0) throw invalid('This file has no rows below its header.', 'file')
  return { rows, columns, positives: target === '' ? null : positives }
}

function checkedHeader(names: string[], target: string): string[] {
  if (names.length > COLUMNS_MAX) throw invalid(`A file may have at most ${String(COLUMNS_MAX)} columns.`, 'file')
  if (names.some((name) => name.trim() === '')) throw invalid('A column of this file has no name.', 'file')
  if (!names.every(isStorable)) throw invalid('The header holds characters that cannot be used.', 'file')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`The column ${twice} stands there twice.`, 'file')
  if (target !== '' && !names.includes(target)) throw invalid(`This file has no column ${target}.`, 'target')
  return names
}

function invalid(sentence: string, field: string): AppError {
  return new AppError('invalid', sentence, { fields: { [field]: sentence } })
}
