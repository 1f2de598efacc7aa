import type { CsvValue } from '#app/domain/csv.ts'
import { csvLine } from '#app/domain/csv.ts'

/** A CSV download. @param rows the first is the header */
export function csvResponse(name: string, rows: readonly (readonly CsvValue[])[]): Response {
  return new Response(rows.map(csvLine).join(''), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
    },
  })
}
