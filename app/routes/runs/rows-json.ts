import { sentRunRows } from '#app/domain/run-rows.ts'
import { runPage } from '#app/api/run-page.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

const PAGE_ROWS = 250

/** More rows of the table of runs, for a browser that scrolls. */
export const loader = engagementLoader(async ({ tx, engagementId, url }) => {
  const { rows, next } = await runPage(tx, engagementId, url, PAGE_ROWS)
  return Response.json(sentRunRows(rows, next))
})
