import { Link, Outlet, useLoaderData, useLocation } from '@remix-run/react'
import { isExecutive } from '#app/domain/actor.ts'
import { holds, isTeam } from '#app/domain/engagement.ts'
import { criterionLine } from '#app/domain/criterion.ts'
import { WaiverNote } from '#app/features/engagements/waiver-note.tsx'
import { EngagementBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Tabs } from '#app/ui/layout.tsx'
import { listJudgedVersions } from '#db/queries/evaluations.ts'
import { listWaivers } from '#db/queries/waivers.ts'

export const handle = { policy: 'engagement' }

/** What stands on every page stays one line; the rest is a click away. */
const SIGNED_SHOWN_MAX = 6

/** The agreed definition stands on every working screen. */
export const loader = engagementLoader(async ({ tx, engagement, standing, actor, now }) => {
  const versions = await listJudgedVersions(tx, engagement.id)
  const agreed = versions.filter((version) => version.state === 'agreed')
  const [waiver] = await listWaivers(tx, engagement.id, { openOnly: true })
  return {
    engagement: {
      id: engagement.id,
      name: engagement.name,
      code: engagement.code,
      client: engagement.client,
      state: engagement.state,
    },
    now,
    zone: actor.timeZone,
    waiver: waiver ?? null,
    isTeam: isTeam(standing),
    isLead: holds(standing, 'engagement_lead'),
    mayRevoke: isExecutive(actor),
    signedCount: agreed.length,
    agreed: agreed
      .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }))
      .slice(0, SIGNED_SHOWN_MAX)
      .map(({ key, version, content, criterionId }) => ({ key, version, criterionId, line: criterionLine(content) })),
  }
})

export default function EngagementLayout() {
  const {
    engagement,
    isTeam: isOurs,
    agreed,
    signedCount,
    waiver,
    mayRevoke,
    now,
    zone,
  } = useLoaderData<typeof loader>()
  const { pathname } = useLocation()
  const tab = (label: string, to: string, also: readonly string[] = []) => ({
    label,
    to,
    isCurrent:
      pathname === to ||
      (to !== paths.engagement(engagement.id) && pathname.startsWith(`${to}/`)) ||
      also.some((path) => pathname.startsWith(`${paths.engagement(engagement.id)}/${path}`)),
  })
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link to={paths.engagement(engagement.id)} className="font-semibold text-ink">
          {engagement.name}
        </Link>
        <EngagementBadge state={engagement.state} />
        <span className="text-sm text-muted">
          {engagement.client} · {engagement.code}
        </span>
      </div>
      <p className="mb-3 text-sm text-muted">
        {agreed.length === 0 ? (
          'No criterion is signed yet.'
        ) : (
          <>
            Signed:{' '}
            {agreed.map((criterion, index) => (
              <span key={criterion.criterionId}>
                {index === 0 ? '' : ' · '}
                <Link to={paths.criterion(engagement.id, criterion.criterionId)} className="text-muted">
                  {criterion.key} v{criterion.version}: {criterion.line}
                </Link>
              </span>
            ))}
            {signedCount <= SIGNED_SHOWN_MAX ? null : (
              <>
                {' · '}
                <Link to={paths.definition(engagement.id)} className="text-muted">
                  and {signedCount - SIGNED_SHOWN_MAX} more
                </Link>
              </>
            )}
          </>
        )}
      </p>
      {waiver === null ? null : (
        <WaiverNote engagementId={engagement.id} waiver={waiver} mayRevoke={mayRevoke} now={now} zone={zone} />
      )}
      <Tabs
        label="Engagement"
        tabs={[
          tab('Progress', paths.engagement(engagement.id), ['checklist', 'state', 'how-this-goes']),
          tab('Definition', paths.definition(engagement.id), ['criteria', 'problem', 'sign-offs', 'decisions']),
          tab('Scope', paths.scope(engagement.id), ['changes', 'deliverables', 'handover']),
          tab('Evidence', paths.evidence(engagement.id)),
          tab('Runs', paths.runs(engagement.id), ['lineage']),
          ...(isOurs ? [tab('Jobs', paths.jobs(engagement.id), ['schedules', 'environments'])] : []),
          tab('Models', paths.models(engagement.id), ['endpoints', 'waivers', 'retrainings', 'grants', 'borrowed']),
          tab('Data', paths.datasets(engagement.id)),
          tab('Meetings', paths.meetings(engagement.id), ['calendar']),
          tab('Registers', paths.registers(engagement.id), ['external-events', 'flags']),
          tab('People', paths.table(engagement.id)),
          ...(isOurs ? [tab('Work', paths.work(engagement.id)), tab('Tokens', paths.tokens(engagement.id))] : []),
        ]}
      />
      <Outlet />
    </>
  )
}
