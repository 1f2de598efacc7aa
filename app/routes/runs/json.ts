import { EXPORT_PAGE_ROWS, exportPages, jsonDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { runQuestion } from '#app/server/run-question.ts'
import type { RunListRow } from '#db/queries/run-list.ts'
import { searchRunList } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }

/** The rows of the table, all of them. */
export const loader = engagementLoader(async ({ engagement, portal, url }) => {
  const { filter, order, error } = runQuestion(url)
  if (error !== null) return Response.json({ error }, { status: 400 })
  const pages = exportPages<RunListRow, readonly (string | null)[]>(portal, (tx, after) =>
    searchRunList(tx, engagement.id, { filter, order, limit: EXPORT_PAGE_ROWS, ...(after === null ? {} : { after }) }),
  )
  return jsonDownload(`runs-${engagement.code}.json`, { engagement: engagement.code }, { name: 'runs', pages })
})
