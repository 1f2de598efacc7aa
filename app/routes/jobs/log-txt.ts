import type { JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { exportPages, pageOf, textDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getJob, listJobLog } from '#db/queries/jobs.ts'

export const handle = { policy: 'team' }

/** Pieces read and sent at once; each is 16 KB at most. */
const PAGE_PIECES = 200

/** All that is kept of what a job said. */
export const loader = engagementLoader(async ({ tx, portal, engagementId, params }) => {
  const job = await getJob(tx, engagementId, toId<JobId>(params['jobId']))
  const pages = exportPages(portal, async (page, after: number | null) =>
    pageOf(await listJobLog(page, job.id, after ?? 0, PAGE_PIECES + 1), (piece) => piece.id, PAGE_PIECES),
  )
  return textDownload(
    `job-${job.id}.txt`,
    (async function* () {
      for await (const pieces of pages) yield pieces.map((piece) => piece.text).join('')
    })(),
  )
})
