import { RUN_NOTES } from '#app/domain/run-note.ts'
import { csvDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { runPages } from '#app/server/run-export.ts'
import { runQuestion } from '#app/server/run-question.ts'
import type { RunListRow } from '#db/queries/run-list.ts'
import { searchRunKeys } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }

/** The rows of the table, all of them; their columns are those that any of them has. */
export const loader = engagementLoader(async ({ tx, engagement, portal, url }) => {
  const question = runQuestion(url)
  const { metrics, params } = await searchRunKeys(tx, engagement.id, question.filter)
  const header = [
    ...['run_id', 'name', 'state', 'verified', 'user', 'created_at', 'verdicts', ...RUN_NOTES],
    ...metrics.map((key) => `metrics.${key}`),
    ...params.map((key) => `params.${key}`),
  ]
  return csvDownload(`runs-${engagement.code}.csv`, header, lines())

  async function* lines() {
    for await (const rows of runPages(portal, engagement.id, question)) yield rows.map(lineOf)
  }

  function lineOf(row: RunListRow) {
    // Of several datasets' values the newest is the run's, and comes first.
    const logged = new Map(row.metrics.toReversed().map((metric) => [metric.key, metric.value]))
    const given = new Map(row.params.map((param) => [param.key, param.value]))
    return [
      row.id,
      row.name,
      row.state,
      String(row.isVerified),
      row.userName,
      row.createdAt.toISOString(),
      row.verdicts.map((verdict) => `${verdict.key} v${String(verdict.version)} ${verdict.verdict}`).join('; '),
      ...RUN_NOTES.map((note) => row.notes[note]),
      ...metrics.map((key) => logged.get(key) ?? null),
      ...params.map((key) => given.get(key) ?? null),
    ]
  }
})
