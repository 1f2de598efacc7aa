import { Readable } from 'node:stream'
import type { CsvValue } from '#app/domain/csv.ts'
import { csvLine } from '#app/domain/csv.ts'
import type { Tx } from '#db/types.ts'
import type { RequestContext } from './context.server.ts'

const CSV = 'text/csv; charset=utf-8'
const TEXT = 'text/plain; charset=utf-8'
/** What is read and sent at once. */
export const EXPORT_PAGE_ROWS = 500

export interface ExportPage<Row, Position> {
  readonly rows: readonly Row[]
  /** After which the next page begins; null at the end. */
  readonly next: Position | null
}

/**
 * All rows of a question, a page in memory at a time. Each page is read in a transaction of its own, with what the viewer
 * may see by then, when whoever downloads has taken the page before.
 */
export async function* exportPages<Row, Position>(
  portal: Pick<RequestContext, 'reads'>,
  read: (tx: Tx, after: Position | null) => Promise<ExportPage<Row, Position>>,
): AsyncGenerator<readonly Row[]> {
  for (let after: Position | null = null; ;) {
    const from: Position | null = after
    const page: ExportPage<Row, Position> = await portal.reads((tx) => read(tx, from))
    yield page.rows
    if (page.next === null) return
    after = page.next
  }
}

/** A CSV download of any length. @param lines of each page of rows */
export function csvDownload(
  name: string,
  header: readonly CsvValue[],
  lines: AsyncIterable<readonly (readonly CsvValue[])[]>,
): Response {
  return download(
    name,
    CSV,
    (async function* () {
      yield csvLine(header)
      for await (const page of lines) if (page.length > 0) yield page.map(csvLine).join('')
    })(),
  )
}

/**
 * A JSON download of any length: what it is about, then the rows under a name. NaN and the infinities are text, which
 * JSON does not have. It ends with `isComplete`, so that one which broke off is no JSON.
 */
export function jsonDownload(
  name: string,
  about: Readonly<Record<string, string>>,
  rows: { readonly name: string; readonly pages: AsyncIterable<readonly unknown[]> },
): Response {
  return download(
    name,
    'application/json',
    (async function* () {
      yield `${jsonText(about).slice(0, -1)},${JSON.stringify(rows.name)}:[`
      let isFirst = true
      for await (const page of rows.pages) {
        if (page.length === 0) continue
        yield (isFirst ? '' : ',') + page.map(jsonText).join(',\n')
        isFirst = false
      }
      yield '],"isComplete":true}'
    })(),
  )
}

/** A CSV download of a few rows. @param rows the first is the header */
export function csvResponse(name: string, rows: readonly (readonly CsvValue[])[]): Response {
  return new Response(rows.map(csvLine).join(''), { headers: headersOf(name, CSV) })
}

/** A plain text as a download. */
export function textFile(name: string, text: string): Response {
  return new Response(text, { headers: headersOf(name, TEXT) })
}

/** A plain text of any length as a download. */
export function textDownload(name: string, pieces: AsyncIterable<string>): Response {
  return download(name, TEXT, pieces)
}

/** What is said of one thing: a part of its page, a name, and a value. */
export type Fact = readonly [part: string, name: string, value: CsvValue]

/** A CSV download of one thing, whose page has parts of different shape: a line for each fact. */
export function csvFacts(name: string, facts: readonly Fact[]): Response {
  return csvResponse(name, [['part', 'name', 'value'], ...facts])
}

/** The facts of a flat record, a list in one value. */
export function factsOf(part: string, record: Readonly<Record<string, CsvValue | readonly string[]>>): Fact[] {
  return Object.entries(record).map(([name, value]) => [
    part,
    name,
    typeof value === 'object' && value !== null ? value.join('; ') : value,
  ])
}

/** A JSON download of one thing; NaN and the infinities are text. */
export function jsonFile(name: string, value: unknown): Response {
  return new Response(jsonText(value), { headers: headersOf(name, 'application/json') })
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  )
}

function download(name: string, type: string, pieces: AsyncIterable<string>): Response {
  const body = Readable.toWeb(Readable.from(encoded(pieces), { objectMode: false })) as ReadableStream // Node's web stream and the DOM's differ in type only
  return new Response(body, { headers: headersOf(name, type) })
}

function headersOf(name: string, type: string): Record<string, string> {
  return {
    'content-type': type,
    'content-disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
  }
}

async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece)
}

/** The row after which the next page begins, when one more row was found than the page holds. */
export function pageOf<Row, Position>(
  found: readonly Row[],
  positionOf: (row: Row) => Position,
  limit = EXPORT_PAGE_ROWS,
): ExportPage<Row, Position> {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last !== undefined ? positionOf(last) : null }
}
