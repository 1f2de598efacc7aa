import { engagementLoader } from '#app/server/page.server.ts'
import { runQuestion } from '#app/server/run-question.ts'
import { searchRunList } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }

const ROWS_MAX = 5000

/** The rows of the table as JSON; NaN and the infinities as text, which JSON does not have. */
export const loader = engagementLoader(async ({ tx, engagement, url }) => {
  const { filter, order, error } = runQuestion(url)
  if (error !== null) return Response.json({ error }, { status: 400 })
  const { rows, next } = await searchRunList(tx, engagement.id, { filter, order, limit: ROWS_MAX })
  const runs = rows.map((row) => ({
    ...row,
    metrics: row.metrics.map(({ key, value }) => ({ key, value: Number.isFinite(value) ? value : String(value) })),
  }))
  return Response.json({ engagement: engagement.code, isComplete: next === null, runs })
})
