import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { isTeam } from '#app/domain/engagement.ts'
import { externalEventRefusal } from '#app/domain/external-event.ts'
import { satisfies, withinNoise } from '#app/domain/verdict.ts'
import { CriterionCard } from '#app/features/criteria/criterion-card.tsx'
import { EngagementSide } from '#app/features/engagements/engagement-side.tsx'
import { FlagNote } from '#app/features/external-events/flag-note.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { listChecklist } from '#db/queries/checklists.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { listEvents } from '#db/queries/events.ts'
import { listFlags } from '#db/queries/external-events.ts'
import { listCriterionStandings } from '#db/queries/portfolio.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Progress · Throughline' }]

export const loader = engagementLoader(async ({ tx, actor, engagementId, standing, now }) => {
  const criteria = await listCriterionStandings(tx, [engagementId])
  const signOffs = await listSignOffs(tx, engagementId)
  const asks = signOffs.filter((signOff) => signOff.state === 'awaiting_approval')
  const live = (await listDeployments(tx, engagementId)).filter((deployment) => deployment.state === 'live')
  const signed = criteria.filter((criterion) => criterion.state === 'agreed')
  const met = signed.filter(({ now: current, content }) => current !== null && satisfies(content, current.verdict))
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    isTeam: isTeam(standing),
    criteria,
    checklist: (await listChecklist(tx, engagementId, now)).map(({ mark }) => mark),
    flags: await listFlags(tx, engagementId, { openOnly: true }),
    mayResolve: externalEventRefusal(standing) === null,
    signedCount: signed.length,
    metCount: met.length,
    noiseCount: met.filter((criterion) => criterion.now?.verdict === 'met_within_noise').length,
    isProblemSigned: signOffs.some(
      ({ subjectType, state }) =>
        subjectType === 'problem_statement' && (state === 'approved' || state === 'approved_with_conditions'),
    ),
    asks: asks.map(({ id, title, sentAt }) => ({ id, title, sentAt })),
    live: live.map(({ endpointId, slug, revision, modelName, modelVersion, liveFrom }) => ({
      endpointId,
      slug,
      revision,
      modelName,
      modelVersion,
      liveFrom,
    })),
    events: (await listEvents(tx, engagementId, 12)).map(({ id, summary, at }) => ({ id, summary, at })),
  }
})

export default function Overview() {
  const {
    engagementId,
    now,
    zone,
    criteria,
    checklist,
    flags,
    mayResolve,
    signedCount,
    metCount,
    noiseCount,
    isProblemSigned,
    asks,
    live,
    events,
    isTeam: isOurs,
  } = useLoaderData<typeof loader>()
  const verdict =
    signedCount === 0
      ? `${isProblemSigned ? 'The problem is signed; no criterion is yet' : 'Nothing is signed yet'}, so nothing can be met.`
      : `${String(metCount)} of ${String(signedCount)} signed ${signedCount === 1 ? 'criterion is' : 'criteria are'} met${withinNoise(metCount, noiseCount)}${live.length === 0 ? ' by the best comparable run; no model is live.' : ' by the live model.'}`
  return (
    <>
      <PageHeader
        title="Are we getting what we agreed?"
        verdict={verdict}
        action={<LinkButton to={paths.evidence(engagementId)}>Evidence</LinkButton>}
      />
      <FlagNote engagementId={engagementId} flags={flags} mayResolve={mayResolve} />
      <div className="grid gap-6 lg:grid-cols-[1fr_20rem]">
        <div className="grid content-start gap-4">
          <h2 className="sr-only">Criteria of success</h2>
          {criteria.length === 0 ? null : (
            <p className="prose-width text-sm text-muted">
              In the charts the bar is where we are now, with its interval shaded; the strong mark is the target, the
              faint one the baseline. Further right is better, except where a range was agreed.
            </p>
          )}
          {criteria.length === 0 ? (
            <EmptyState
              title="No criterion yet"
              action={
                isOurs ? (
                  <LinkButton to={paths.newCriterion(engagementId)} look="primary">
                    Write the first criterion
                  </LinkButton>
                ) : undefined
              }
            >
              A criterion says what counts as success, on which data, and from where we started. Progress is shown
              against it and against nothing else.
            </EmptyState>
          ) : (
            criteria.map(({ key, now: current, ...criterion }) => (
              <CriterionCard
                key={criterion.criterionId}
                {...criterion}
                criterionKey={key}
                current={current}
                now={now}
                zone={zone}
              />
            ))
          )}
        </div>
        <EngagementSide
          engagementId={engagementId}
          asks={asks}
          live={live}
          checklist={checklist}
          events={events}
          now={now}
          zone={zone}
        />
      </div>
      {isOurs ? (
        <p className="mt-6 text-sm">
          <Link to={paths.move(engagementId)}>Pause, resume or hand over this engagement</Link>
        </p>
      ) : null}
    </>
  )
}
