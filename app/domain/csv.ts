export type CsvValue = string | number | null

/**
 * A cell of a CSV file by RFC 4180. What a spreadsheet would read as a formula gets an apostrophe (ASVS 5.0, 1.2.10); a
 * number written as text is no formula.
 */
function csvCell(value: CsvValue): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const isFormula = /^[=+\-@\t\r\0]/.test(value) && (value.trim() === '' || !Number.isFinite(Number(value)))
  const safe = isFormula ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A line of a CSV file with its end. */
export const csvLine = (values: readonly CsvValue[]): string => `${values.map(csvCell).join(',')}\r\n`
