import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type exceljs from 'exceljs'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { AppError } from '#app/domain/errors.ts'
import { IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX } from '#app/domain/run-import.ts'

const XLSX_MAGIC = 'PK\u0003\u0004'
/** A spreadsheet is a compressed archive: so much it may grow to, whatever its own size. */
const UNPACKED_BYTES_MAX = 32 * 1024 * 1024
const ROWS_MAX = IMPORT_ROWS_MAX + 1
const TOO_LARGE = `A spreadsheet has at most ${String(IMPORT_ROWS_MAX)} rows below its header and ${String(IMPORT_COLUMNS_MAX)} columns.`
/** Values are all that is wanted: ranges that are merged, checked or coloured may span millions of cells. */
const READ_OPTIONS = {
  maxRows: ROWS_MAX,
  maxCols: IMPORT_COLUMNS_MAX,
  ignoreNodes: ['mergeCells', 'dataValidations', 'conditionalFormatting', 'autoFilter', 'tableParts', 'extLst'],
}
const inflate = promisify(inflateRaw)

/**
 * The rows of a CSV file in UTF-8, or of the first sheet of an XLSX file, as text.
 * @throws AppError `invalid` for a file that is neither, or too large unpacked
 */
export async function readSheet(bytes: Uint8Array): Promise<string[][]> {
  const buffer = Buffer.from(bytes)
  return buffer.toString('latin1', 0, 4) === XLSX_MAGIC ? readXlsx(buffer) : readCsv(buffer)
}

function readCsv(buffer: Buffer): string[][] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer)
    return parse(text, { bom: true, relax_column_count: true, skip_empty_lines: false })
  } catch (error) {
    const why = error instanceof CsvError ? error.message : 'It is not text in UTF-8.'
    throw new AppError('invalid', `The file cannot be read as CSV. ${why.slice(0, 200)}`, { cause: error })
  }
}

async function readXlsx(buffer: Buffer): Promise<string[][]> {
  if (claimedSize(buffer) > UNPACKED_BYTES_MAX || (await isLargerUnpacked(buffer)))
    throw new AppError('invalid', 'The spreadsheet is too large unpacked.')
  // A large library that few requests need: it is loaded for the first of them.
  const { Workbook, ValueType } = (await import('exceljs')).default
  const workbook = new Workbook()
  try {
    // exceljs has its own Buffer type, of an older Node.
    await workbook.xlsx.load(buffer as unknown as exceljs.Buffer, READ_OPTIONS)
  } catch (error) {
    throw new AppError('invalid', `The file cannot be read as a spreadsheet. ${TOO_LARGE}`, { cause: error })
  }
  const [sheet] = workbook.worksheets
  if (!sheet) return []
  if (sheet.rowCount > ROWS_MAX) throw new AppError('invalid', TOO_LARGE)
  const rows: string[][] = Array.from({ length: sheet.rowCount }, () => [])
  sheet.eachRow((row, number) => {
    if (row.cellCount > IMPORT_COLUMNS_MAX) throw new AppError('invalid', TOO_LARGE)
    const cells = Array.from({ length: row.cellCount }, () => '')
    row.eachCell((cell, at) => {
      cells[at - 1] = cellText(cell, cell.type === ValueType.Formula)
    })
    rows[number - 1] = cells
  })
  return rows
}

/** A formula counts as its stored result; a date is written as ISO 8601. */
function cellText(cell: exceljs.Cell, isFormula: boolean): string {
  const value = isFormula ? cell.result : cell.value
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'number' || typeof value === 'string' ? String(value) : cell.text
}

/** The sizes that the archive's own directory claims (APPNOTE.TXT 4.3.12), summed. */
function claimedSize(buffer: Buffer): number {
  return placesOf(buffer, 'PK\u0001\u0002', 46).reduce((total, at) => total + buffer.readUInt32LE(at + 24), 0)
}

/** Whether what is behind the headers of the archive's files (APPNOTE.TXT 4.3.7) is larger than the directory may claim. */
async function isLargerUnpacked(buffer: Buffer): Promise<boolean> {
  let left = UNPACKED_BYTES_MAX
  for (const at of placesOf(buffer, XLSX_MAGIC, 30)) {
    const start = at + 30 + buffer.readUInt16LE(at + 26) + buffer.readUInt16LE(at + 28)
    try {
      left -= (await inflate(buffer.subarray(start), { maxOutputLength: left })).byteLength
    } catch (error) {
      // What is not deflated is as large as it is in the archive.
      if (error instanceof RangeError) return true
    }
    if (left <= 0) return true
  }
  return false
}

function placesOf(buffer: Buffer, signature: string, headerBytes: number): number[] {
  const places: number[] = []
  for (let at = buffer.indexOf(signature, 0, 'latin1'); at >= 0; at = buffer.indexOf(signature, at + 4, 'latin1'))
    if (at + headerBytes <= buffer.length) places.push(at)
  return places
}
