import type { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import type { DataFacts } from '#app/domain/training-schema.ts'

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

const TOLD_LENGTH_MAX = 60

/** What a CSV file holds in some of its columns, in one pass; columns that it does not have are left out. */
export async function readDataFacts(content: Readable, columns: readonly string[]): Promise<DataFacts> {
  const facts = new Map<string, { emptyAtLine: number | null; textAt: { line: number; value: string } | null }>()
  let places: readonly (readonly [string, number])[] = []
  let line = 0
  for await (const record of streamCsvRecords(content)) {
    line += 1
    if (line === 1) {
      places = columns.map((name) => [name, record.indexOf(name)] as const).filter(([, at]) => at >= 0)
      for (const [name] of places) facts.set(name, { emptyAtLine: null, textAt: null })
      continue
    }
    for (const [name, at] of places) {
      const known = facts.get(name)
      if (known === undefined || (known.emptyAtLine !== null && known.textAt !== null)) continue
      const value = (record[at] ?? '').trim()
      if (value === '') known.emptyAtLine ??= line
      else if (known.textAt === null && !Number.isFinite(Number(value)))
        known.textAt = { line, value: value.slice(0, TOLD_LENGTH_MAX) }
    }
  }
  return Object.fromEntries(facts)
}
