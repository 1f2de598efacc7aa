import exceljs from 'exceljs'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { AppError } from '#app/domain/errors.ts'

const XLSX_MAGIC = 'PK\u0003\u0004'
/** A spreadsheet is a compressed archive: so much it may grow to, whatever its own size. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024

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
  if (unpackedSize(buffer) > UNPACKED_BYTES_MAX) throw new AppError('invalid', 'The spreadsheet is too large unpacked.')
  const workbook = new exceljs.Workbook()
  try {
    // exceljs has its own Buffer type, of an older Node.
    await workbook.xlsx.load(buffer as unknown as exceljs.Buffer)
  } catch (error) {
    throw new AppError('invalid', 'The file cannot be read as a spreadsheet.', { cause: error })
  }
  const [sheet] = workbook.worksheets
  const rows: string[][] = []
  sheet?.eachRow({ includeEmpty: true }, (row) => {
    const cells: string[] = []
    for (let at = 1; at <= row.cellCount; at += 1) cells.push(cellText(row.getCell(at)))
    rows.push(cells)
  })
  return rows
}

/** A formula counts as its stored result; a date is written as ISO 8601. */
function cellText(cell: exceljs.Cell): string {
  const value = cell.type === exceljs.ValueType.Formula ? cell.result : cell.value
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'number' || typeof value === 'string' ? String(value) : cell.text
}

/** The sizes that the archive's own directory claims (APPNOTE.TXT 4.3.12), summed. A directory that lies fails later. */
function unpackedSize(buffer: Buffer): number {
  let total = 0
  for (let at = buffer.indexOf('PK\u0001\u0002', 0, 'latin1'); at >= 0 && at + 46 <= buffer.length;) {
    total += buffer.readUInt32LE(at + 24)
    at = buffer.indexOf('PK\u0001\u0002', at + 46, 'latin1')
  }
  return total
}
