import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { criterionLine } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ExcludedTable, RankedTable } from '#app/features/criteria/leaderboard-tables.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { getCriterion } from '#db/queries/criteria.ts'
import { getLeaderboard } from '#db/queries/leaderboard.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Leaderboard · Throughline' }]

/** Of the signed version; of the newest while none is signed. */
export const loader = engagementLoader(async ({ tx, engagementId, params, url }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const asked = url.searchParams.get('version')
  const shown =
    asked === null
      ? (versions.find((version) => version.state === 'agreed') ?? versions[0])
      : versions.find((version) => version.version === Number(asked))
  const { id, version } = found(shown, 'This version')
  const board = await getLeaderboard(tx, engagementId, id)
  return { engagementId, criterion, version, line: criterionLine(board.content), board }
})

export default function LeaderboardPage() {
  const { engagementId, criterion, version, line, board } = useLoaderData<typeof loader>()
  const [best] = board.ranked
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Definition', to: paths.definition(engagementId) },
          { label: `${criterion.key} v${String(version)}`, to: paths.criterion(engagementId, criterion.id) },
        ]}
        title={`Which run is best by ${criterion.key}?`}
        verdict={
          best === undefined
            ? `No run can be compared by it yet: ${line}.`
            : `${best.runName}, of ${String(board.ranked.length)} that can be compared: ${line}.`
        }
      />
      <Section title="Comparable, best first">
        <RankedTable engagementId={engagementId} rows={board.ranked} />
      </Section>
      {board.excluded.length === 0 ? null : (
        <Section title="Left out, and why">
          <ExcludedTable engagementId={engagementId} rows={board.excluded} />
        </Section>
      )}
    </>
  )
}
