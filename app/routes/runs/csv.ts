import { RUN_NOTES } from '#app/domain/run-note.ts'
import { csvResponse } from '#app/server/csv.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { runQuestion } from '#app/server/run-question.ts'
import { searchRunList } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }

const ROWS_MAX = 5000

export const loader = engagementLoader(async ({ tx, engagement, url }) => {
  const { filter, order } = runQuestion(url)
  const { rows } = await searchRunList(tx, engagement.id, { filter, order, limit: ROWS_MAX })
  const metrics = keysOf(rows.flatMap((row) => row.metrics))
  const params = keysOf(rows.flatMap((row) => row.params))
  return csvResponse(`runs-${engagement.code}.csv`, [
    [
      ...['run_id', 'name', 'state', 'verified', 'user', 'created_at', 'verdicts', ...RUN_NOTES],
      ...metrics.map((key) => `metrics.${key}`),
      ...params.map((key) => `params.${key}`),
    ],
    ...rows.map((row) => [
      row.id,
      row.name,
      row.state,
      String(row.isVerified),
      row.userName,
      row.createdAt.toISOString(),
      row.verdicts.map((verdict) => `${verdict.key} v${String(verdict.version)} ${verdict.verdict}`).join('; '),
      ...RUN_NOTES.map((note) => row.notes[note]),
      ...metrics.map((key) => row.metrics.find((metric) => metric.key === key)?.value ?? null),
      ...params.map((key) => row.params.find((param) => param.key === key)?.value ?? null),
    ]),
  ])
})

function keysOf(entries: readonly { readonly key: string }[]): string[] {
  return [...new Set(entries.map(({ key }) => key))].sort()
}
