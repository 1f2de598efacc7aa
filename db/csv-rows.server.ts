import { parse } from 'csv-parse'

/** Rows of a CSV file as texts by column, up to a number of rows. A file that is no CSV gives what could be read of it. */
export async function readCsvRows(bytes: Uint8Array, rowsMax: number): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = []
  const parser = parse({ columns: true, bom: true, relax_column_count: true, to: rowsMax })
  parser.end(Buffer.from(bytes))
  for await (const row of parser as AsyncIterable<Record<string, string>>) rows.push(row) // `columns: true` gives texts by name
  return rows
}
