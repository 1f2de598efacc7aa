/** A cell of a CSV file by RFC 4180; what a spreadsheet would read as a formula gets an apostrophe (ASVS 5.0, 1.2.10). */
function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r\0]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A CSV download. @param rows the first is the header */
export function csvResponse(name: string, rows: readonly (readonly (string | number | null)[])[]): Response {
  const body = rows.map((row) => row.map(cell).join(',')).join('\r\n')
  return new Response(`${body}\r\n`, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
    },
  })
}
