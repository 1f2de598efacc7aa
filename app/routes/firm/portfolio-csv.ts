import type { PortfolioRow } from '#app/domain/portfolio.ts'
import { portfolioRows } from '#app/domain/portfolio.ts'
import { csvDownload, exportPages, pageOf } from '#app/server/export.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { listEngagementsByCode } from '#db/queries/engagements.ts'
import { listCriterionStandings, listEngagementFacts } from '#db/queries/portfolio.ts'

export const handle = { policy: 'executive' }

/** Each brings its criteria along. */
const PAGE_ENGAGEMENTS = 100
const HEADER = [
  ...['code', 'engagement', 'client', 'state', 'status', 'rule', 'outcome', 'signed', 'measured', 'met'],
  ...['minutes', 'off_scope_minutes', 'open_asks', 'live_models'],
]

/** Every engagement, by code. */
export const loader = pageLoader(({ portal, now }) => {
  return Promise.resolve(csvDownload('portfolio.csv', HEADER, lines()))

  async function* lines() {
    const pages = exportPages<PortfolioRow, string>(portal, async (tx, after) => {
      const found = await listEngagementsByCode(tx, { after, limit: PAGE_ENGAGEMENTS + 1 })
      const { rows: engagements, next } = pageOf(found, ({ code }) => code, PAGE_ENGAGEMENTS)
      const ids = engagements.map(({ id }) => id)
      const standings = await listCriterionStandings(tx, ids)
      return { rows: portfolioRows({ engagements, standings, facts: await listEngagementFacts(tx, ids), now }), next }
    })
    for await (const rows of pages) yield rows.map(lineOf)
  }

  function lineOf(row: PortfolioRow) {
    return [
      ...[row.code, row.name, row.client, row.state, row.status.tone, row.status.rule, row.outcome],
      ...[row.signedCount, row.measuredCount, row.satisfiedCount],
      ...[row.minutes, row.offScopeMinutes, row.openAsks, row.liveEndpoints],
    ]
  }
})
