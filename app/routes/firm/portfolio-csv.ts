import { portfolioRows } from '#app/domain/portfolio.ts'
import { csvResponse } from '#app/server/export.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { listEngagements } from '#db/queries/engagements.ts'
import { listCriterionStandings, listEngagementFacts } from '#db/queries/portfolio.ts'

export const handle = { policy: 'executive' }

export const loader = pageLoader(async ({ tx, now }) => {
  const rows = portfolioRows({
    engagements: await listEngagements(tx),
    standings: await listCriterionStandings(tx, null),
    facts: await listEngagementFacts(tx),
    now,
  })
  return csvResponse('portfolio.csv', [
    [
      'code',
      'engagement',
      'client',
      'state',
      'status',
      'rule',
      'outcome',
      'signed',
      'measured',
      'met',
      'minutes',
      'off_scope_minutes',
      'open_asks',
      'live_models',
    ],
    ...rows.map((row) => [
      row.code,
      row.name,
      row.client,
      row.state,
      row.status.tone,
      row.status.rule,
      row.outcome,
      row.signedCount,
      row.measuredCount,
      row.satisfiedCount,
      row.minutes,
      row.offScopeMinutes,
      row.openAsks,
      row.liveEndpoints,
    ]),
  ])
})
