import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import { deployRefusal, goBackRefusal, rollBackRefusal } from '#app/domain/deployment.ts'
import { endedRefusal, isTeam } from '#app/domain/engagement.ts'
import { externalEventRefusal } from '#app/domain/external-event.ts'
import { isSilent } from '#app/domain/heartbeat.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { isRetrainingOpen, retrainRefusal } from '#app/domain/retraining.ts'
import { lendRefusal, reuseStanding } from '#app/domain/reuse.ts'
import { ElsewhereList } from '#app/features/deployments/elsewhere-list.tsx'
import { RevisionList } from '#app/features/deployments/revision-list.tsx'
import { FlagNote } from '#app/features/external-events/flag-note.tsx'
import { RetrainingList } from '#app/features/retrainings/retraining-list.tsx'
import { GrantList } from '#app/features/reuse/grant-list.tsx'
import { paths } from '#app/paths.ts'
import { engineStatus } from '#app/server/endpoint-page.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { findEarlierLive, getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { listFlags } from '#db/queries/external-events.ts'
import { listElsewhere } from '#db/queries/heartbeats.ts'
import { listRetrainings } from '#db/queries/retrainings.ts'
import { countLentCalls, listGrants } from '#db/queries/reuse.ts'

const RETRAININGS_SHOWN = 10

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Endpoint · Throughline' }]

export const loader = engagementLoader(
  async ({ tx, engagement, engagementId, params, actor, standing, now, portal }) => {
    const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
    const deployments = await Promise.all(
      (await listDeployments(tx, engagementId, { endpointId: endpoint.id })).map(
        async ({ gate: _gate, ...deployment }) => ({
          ...deployment,
          // Where in the house a model runs is the team's own.
          order: isTeam(standing) ? deployment.order : { ...deployment.order, placement: [] },
          engineStatus: isTeam(standing) ? await engineStatus(portal.deps, deployment) : null,
        }),
      ),
    )
    const live = deployments.find((deployment) => deployment.state === 'live')
    const grants = await listGrants(tx, engagementId, endpoint.id)
    const callsOf = await countLentCalls(
      tx,
      grants.map(({ id }) => id),
    )
    const retrainings = await listRetrainings(tx, engagementId, { endpointId: endpoint.id, limit: RETRAININGS_SHOWN })
    const earlier = live ? await findEarlierLive(tx, endpoint.id, live) : null
    return {
      engagementId,
      zone: actor.timeZone,
      endpoint,
      deployments,
      isBusy: deployments.some((deployment) => deployment.state === 'requested' || deployment.state === 'probing'),
      live: live ? { id: live.id, revision: live.revision, modelVersion: live.modelVersion } : null,
      elsewhere: (await listElsewhere(tx, endpoint.id)).map((one) => ({ ...one, isSilent: isSilent(one, now) })),
      now,
      earlier,
      flags: (await listFlags(tx, engagementId, { openOnly: true })).filter((flag) => flag.endpointId === endpoint.id),
      mayResolve: externalEventRefusal(standing) === null,
      mayDeploy: deployRefusal(standing) === null,
      rollBackReason: rollBackRefusal(standing, engagement.state, earlier)?.reason ?? null,
      mayGoBack: goBackRefusal(standing, engagement.state) === null,
      grants: grants.map((grant) => ({
        id: grant.id,
        borrower: grant.borrower,
        scope: grant.scope,
        expiresAt: grant.expiresAt,
        standing: reuseStanding(grant, now),
        asked: callsOf(grant.id).asked,
      })),
      mayLend: lendRefusal(standing) === null && live !== undefined,
      retrainings,
      maySchedule: startJobRefusal(standing, engagement.state) === null && live !== undefined,
      retrainReason:
        retrainRefusal(standing, engagement.state)?.reason ??
        endedRefusal(engagement.state)?.reason ??
        (live === undefined
          ? 'Nothing is live yet.'
          : retrainings.some(({ state }) => isRetrainingOpen(state))
            ? 'One is under way.'
            : null),
    }
  },
)

export default function Endpoint() {
  const {
    engagementId,
    zone,
    endpoint,
    deployments,
    isBusy,
    live,
    earlier,
    elsewhere,
    now,
    flags,
    mayResolve,
    mayDeploy,
    rollBackReason,
    mayGoBack,
    retrainings,
    retrainReason,
    maySchedule,
    grants,
    mayLend,
  } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  useEffect(() => {
    if (!isBusy) return
    const timer = setInterval(revalidate, 1000)
    return () => {
      clearInterval(timer)
    }
  }, [isBusy, revalidate])
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Models', to: paths.models(engagementId) }]}
        title={endpoint.slug}
        verdict={
          live !== null
            ? 'A model is live at this address.'
            : isBusy
              ? 'A revision is being probed; it takes traffic when it reproduces its example.'
              : 'Nothing is live at this address.'
        }
        action={
          live !== null && mayGoBack ? (
            <Form method="post" action={paths.rollBack(engagementId, endpoint.id)}>
              <input type="hidden" name="liveRevision" value={live.revision} />
              <SubmitButton look="danger" disabledReason={rollBackReason}>
                {earlier === null ? 'Roll back' : `Roll back to revision ${String(earlier.revision)}`}
              </SubmitButton>
            </Form>
          ) : undefined
        }
      />
      <FlagNote engagementId={engagementId} flags={flags} mayResolve={mayResolve} />
      <p className="mb-8 flex flex-wrap gap-3">
        <LinkButton to={paths.answers(engagementId, endpoint.id)} look="primary">
          Ask it here, by hand or for a file
        </LinkButton>
        <LinkButton to={paths.developers(engagementId, endpoint.id)}>Use it in a program</LinkButton>
        <LinkButton to={paths.monitoring(engagementId, endpoint.id)}>Does it still do what was signed?</LinkButton>
        {live === null ? null : (
          <LinkButton to={paths.lineage(engagementId, `deployment:${live.id}`)}>Lineage</LinkButton>
        )}
      </p>
      <Section title="Retraining">
        <p className="prose-width mb-3 text-muted">
          The same recipe with the newest data, judged by the signed criteria and shown beside what is live. It goes
          live only when somebody approves it.
        </p>
        <div className="mb-4 flex flex-wrap gap-3">
          <Form method="post" action={paths.retrain(engagementId, endpoint.id)}>
            <SubmitButton look="plain" disabledReason={retrainReason}>
              Retrain with the newest data
            </SubmitButton>
          </Form>
          {maySchedule ? (
            <LinkButton to={paths.retrainSchedule(engagementId, endpoint.id)}>Retrain by a schedule</LinkButton>
          ) : null}
        </div>
        {retrainings.length === 0 ? (
          <p className="text-muted">It was never retrained.</p>
        ) : (
          <RetrainingList retrainings={retrainings} engagementId={engagementId} now={now} zone={zone} />
        )}
      </Section>
      <Section title="Lent to other engagements">
        <GrantList grants={grants} engagementId={engagementId} />
        {mayLend ? (
          <p className="mt-3">
            <LinkButton to={paths.lend(engagementId, endpoint.id)}>Lend it</LinkButton>
          </p>
        ) : null}
      </Section>
      <Section title="Elsewhere">
        <ElsewhereList
          deployments={elsewhere}
          liveVersion={live?.modelVersion ?? null}
          developersPath={paths.developers(engagementId, endpoint.id)}
          now={now}
          zone={zone}
        />
      </Section>
      <Section title="Revisions">
        <RevisionList
          revisions={deployments}
          engagementId={engagementId}
          endpointId={endpoint.id}
          zone={zone}
          mayDeploy={mayDeploy}
        />
      </Section>
    </>
  )
}
