import type { Readable } from 'node:stream'
import { parse } from 'csv-parse'

/** Rows of a CSV file as texts by column, up to a number of rows. A file that is no CSV gives what could be read of it. */
export async function readCsvRows(bytes: Uint8Array, rowsMax: number): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = []
  const parser = parse({ columns: true, bom: true, relax_column_count: true, to: rowsMax })
  parser.end(Buffer.from(bytes))
  for await (const row of parser as AsyncIterable<Record<string, string>>) rows.push(row) // `columns: true` gives texts by name
  return rows
}

/** Records of a CSV file as lists of texts, the header first, as they come. A line with too few cells is read as it is. */
export async function* streamCsvRecords(content: Readable): AsyncIterable<string[]> {
  const parser = content.pipe(parse({ bom: true, relax_column_count: true, skip_empty_lines: true }))
  content.once('error', (error) => parser.destroy(error))
  for await (const record of parser as AsyncIterable<string[]>) yield record // without `columns` a record is a list of texts
}

/** Some rows of a CSV file as texts by column; what comes after them is not read. @param range.from counted from 0 */
export async function readCsvRange(
  content: Readable,
  range: { readonly from: number; readonly count: number },
): Promise<Record<string, string>[]> {
  const until = range.from + range.count
  const options = { bom: true, columns: true, relax_column_count: true, skip_empty_lines: true } as const
  const parser = content.pipe(parse({ ...options, from: range.from + 1, to: until }))
  content.once('error', (error) => parser.destroy(error))
  const rows: Record<string, string>[] = []
  for await (const row of parser as AsyncIterable<Record<string, string>>) rows.push(row) // as above
  content.destroy()
  return rows
}
