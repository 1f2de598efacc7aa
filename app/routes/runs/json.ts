import { jsonDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { runPages } from '#app/server/run-export.ts'
import { runQuestion } from '#app/server/run-question.ts'

export const handle = { policy: 'engagement' }

/** The rows of the table, all of them. */
export const loader = engagementLoader(async ({ engagement, portal, url }) => {
  const question = runQuestion(url)
  if (question.error !== null) return Response.json({ error: question.error }, { status: 400 })
  const pages = runPages(portal, engagement.id, question)
  return jsonDownload(`runs-${engagement.code}.json`, { engagement: engagement.code }, { name: 'runs', pages })
})
