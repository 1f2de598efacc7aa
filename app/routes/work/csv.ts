import { csvResponse } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { listWork } from '#db/queries/work.ts'

export const handle = { policy: 'team' }

export const loader = engagementLoader(async ({ tx, engagement }) =>
  csvResponse(`work-${engagement.code}.csv`, [
    ['started_at', 'person', 'for', 'minutes', 'note'],
    ...(await listWork(tx, engagement.id, 10_000)).map((row) => [
      row.startedAt.toISOString(),
      row.personName,
      row.target ?? 'off scope',
      row.minutes,
      row.note,
    ]),
  ]),
)
