import { isStorable } from './text.ts'
import { LIMITS } from './run.ts'

/** Largest file of past results, in bytes, and most rows of it. */
export const IMPORT_BYTES_MAX = 8 * 1024 * 1024
export const IMPORT_ROWS_MAX = 2000
export const IMPORT_COLUMNS_MAX = 500
const ERRORS_MAX = 100

/** A line of a file of past results: a run that was executed elsewhere, and is unverified for ever. */
export interface ImportedRun {
  readonly name: string
  readonly experiment: string
  readonly userName: string
  /** Milliseconds since 1970; null when the file does not say. */
  readonly startTime: number | null
  readonly metrics: readonly { readonly key: string; readonly value: number }[]
  readonly params: readonly { readonly key: string; readonly value: string }[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  /** What the metrics were measured on; empty when the file does not say. */
  readonly datasetName: string
  readonly datasetDigest: string
}

export interface ImportError {
  /** As a spreadsheet counts: the header is line 1. */
  readonly line: number
  readonly message: string
}

export type ImportReading =
  | { readonly runs: readonly ImportedRun[]; readonly errors: readonly [] }
  | { readonly runs: readonly []; readonly errors: readonly ImportError[] }

const PLAIN = ['name', 'experiment', 'user', 'start_time', 'dataset', 'dataset_digest'] as const
type Plain = (typeof PLAIN)[number]
type Column =
  { readonly kind: 'plain'; readonly key: Plain } | { readonly kind: 'metric' | 'param' | 'tag'; readonly key: string }

/**
 * Read a table of past results. The first row names the columns: `name`, `experiment`, `user`, `start_time`, `dataset`,
 * `dataset_digest`, and any `metrics.<key>`, `params.<key>` and `tags.<key>`. Every row is read before anything is said, so
 * that all that is wrong is told at once; where anything is wrong there are no runs.
 */
export function readImport(rows: readonly (readonly string[])[]): ImportReading {
  const [header, ...lines] = rows
  if (!header) return failed([{ line: 1, message: 'The file is empty.' }])
  const columns = header.map(columnOf)
  const errors = headerErrors(header, columns)
  if (lines.length === 0) errors.push({ line: 1, message: 'There are no rows below the header.' })
  if (lines.length > IMPORT_ROWS_MAX)
    errors.push({ line: IMPORT_ROWS_MAX + 2, message: `A file has at most ${String(IMPORT_ROWS_MAX)} rows.` })
  if (errors.length > 0) return failed(errors)
  const runs: ImportedRun[] = []
  for (const [at, cells] of lines.entries()) {
    if (cells.every((cell) => cell.trim() === '')) continue
    const run = readRow(columns, cells)
    if ('message' in run) errors.push({ line: at + 2, message: run.message })
    else runs.push(run)
    if (errors.length >= ERRORS_MAX) break
  }
  if (runs.length === 0 && errors.length === 0) errors.push({ line: 1, message: 'There are no rows below the header.' })
  return errors.length > 0 ? failed(errors) : { runs, errors: [] }
}

function failed(errors: readonly ImportError[]): ImportReading {
  return { runs: [], errors }
}

function columnOf(name: string): Column | null {
  const text = name.trim()
  const plain = PLAIN.find((key) => key === text.toLowerCase())
  if (plain) return { kind: 'plain', key: plain }
  const match = /^(metric|param|tag)s?[.:](.+)$/i.exec(text)
  const kind = (['metric', 'param', 'tag'] as const).find((known) => known === match?.[1]?.toLowerCase())
  const key = match?.[2]?.trim() ?? ''
  return kind && isKey(key) ? { kind, key } : null
}

function isKey(key: string): boolean {
  return key.length <= LIMITS.keyLengthMax && /^[\p{L}\p{N}_.\-: +@%#=~(),'&]+$/u.test(key)
}

function headerErrors(header: readonly string[], columns: readonly (Column | null)[]): ImportError[] {
  const errors: ImportError[] = []
  const error = (message: string) => errors.push({ line: 1, message })
  if (header.length > IMPORT_COLUMNS_MAX) error(`A file has at most ${String(IMPORT_COLUMNS_MAX)} columns.`)
  for (const [at, column] of columns.entries()) {
    const name = (header[at] ?? '').slice(0, 100)
    if (!column)
      error(
        `Column ${String(at + 1)}, “${name}”, is none of ${PLAIN.join(', ')}, metrics.<key>, params.<key>, tags.<key>.`,
      )
    const first = columns.findIndex((other) => other?.kind === column?.kind && other?.key === column?.key)
    if (column && first < at) error(`Column ${String(at + 1)}, “${name}”, is there twice.`)
    if (errors.length >= ERRORS_MAX) break
  }
  if (!columns.some((column) => column?.kind === 'plain' && column.key === 'name'))
    error('The column “name” is missing.')
  if (!columns.some((column) => column?.kind === 'metric'))
    error('There is no column of a metric, such as metrics.roc_auc.')
  return errors
}

function readRow(
  columns: readonly (Column | null)[],
  cells: readonly string[],
): ImportedRun | { readonly message: string } {
  if (cells.length > columns.length)
    return { message: `It has ${String(cells.length)} cells, the header ${String(columns.length)}.` }
  const plain: Partial<Record<Plain, string>> = {}
  const metrics: { key: string; value: number }[] = []
  const [params, tags]: [{ key: string; value: string }[], { key: string; value: string }[]] = [[], []]
  for (const [at, column] of columns.entries()) {
    const cell = (cells[at] ?? '').trim()
    if (cell === '' || !column) continue
    if (!isStorable(cell)) return { message: `“${column.key}” holds characters that cannot be used.` }
    if (column.kind === 'plain') plain[column.key] = cell
    else if (column.kind === 'metric') {
      const value = numberOf(cell)
      if (value === null) return { message: `${column.key} is “${cell.slice(0, 50)}”, which is not a number.` }
      metrics.push({ key: column.key, value })
    } else if (column.kind === 'param')
      params.push({ key: column.key, value: cell.slice(0, LIMITS.paramValueLengthMax) })
    else tags.push({ key: column.key, value: cell.slice(0, LIMITS.tagValueLengthMax) })
  }
  return checkedRow({ plain, metrics, params, tags })
}

function checkedRow(read: {
  plain: Partial<Record<Plain, string>>
  metrics: ImportedRun['metrics']
  params: ImportedRun['params']
  tags: ImportedRun['tags']
}): ImportedRun | { readonly message: string } {
  const { plain, metrics, params, tags } = read
  const name = plain.name ?? ''
  if (name === '' || name.length > LIMITS.keyLengthMax)
    return { message: `The name has between 1 and ${String(LIMITS.keyLengthMax)} characters.` }
  if (metrics.length === 0) return { message: 'It has no value of any metric.' }
  const startTime = plain.start_time === undefined ? null : Date.parse(plain.start_time)
  if (startTime !== null && !Number.isFinite(startTime))
    return { message: `start_time is “${plain.start_time?.slice(0, 50) ?? ''}”, which is not a date.` }
  const [datasetName, datasetDigest] = [plain.dataset ?? '', plain.dataset_digest ?? '']
  if ((datasetName === '') !== (datasetDigest === ''))
    return { message: 'dataset and dataset_digest go together: one of them is empty.' }
  if (datasetDigest.length > LIMITS.digestLengthMax)
    return { message: `dataset_digest has at most ${String(LIMITS.digestLengthMax)} characters.` }
  if ([plain.experiment, plain.user, datasetName].some((text) => (text ?? '').length > LIMITS.keyLengthMax))
    return { message: `experiment, user and dataset have at most ${String(LIMITS.keyLengthMax)} characters.` }
  return {
    name,
    experiment: plain.experiment ?? 'Imported',
    userName: plain.user ?? '',
    startTime,
    metrics,
    params,
    tags,
    datasetName,
    datasetDigest,
  }
}

/** Decimal with a point; NaN and the infinities by name. */
function numberOf(text: string): number | null {
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : null
  }
  return /^nan$/i.test(text) ? Number.NaN : null
}
