import { csvDownload, EXPORT_PAGE_ROWS, exportPages, pageOf } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import type { WorkRow } from '#db/queries/work.ts'
import { listWork } from '#db/queries/work.ts'

export const handle = { policy: 'team' }

const HEADER = ['started_at', 'person', 'for', 'minutes', 'note']

/** Every entry, newest first. */
export const loader = engagementLoader(({ engagement, portal }) => {
  return Promise.resolve(csvDownload(`work-${engagement.code}.csv`, HEADER, lines()))

  async function* lines() {
    const pages = exportPages<WorkRow, Pick<WorkRow, 'id' | 'loggedAt'>>(portal, async (tx, after) => {
      const limit = EXPORT_PAGE_ROWS + 1
      return pageOf(await listWork(tx, engagement.id, after === null ? { limit } : { after, limit }), (row) => row)
    })
    for await (const rows of pages)
      yield rows.map((row) => [
        row.startedAt.toISOString(),
        row.personName,
        row.target ?? 'off scope',
        row.minutes,
        row.note,
      ])
  }
})
