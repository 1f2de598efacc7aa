import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import { deployRefusal, rollBackRefusal } from '#app/domain/deployment.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { externalEventRefusal } from '#app/domain/external-event.ts'
import { isSilent } from '#app/domain/heartbeat.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ElsewhereList } from '#app/features/deployments/elsewhere-list.tsx'
import { RevisionList } from '#app/features/deployments/revision-list.tsx'
import { FlagNote } from '#app/features/external-events/flag-note.tsx'
import { paths } from '#app/paths.ts'
import { engineStatus } from '#app/server/endpoint-page.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { findEarlierLive, getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { listFlags } from '#db/queries/external-events.ts'
import { listElsewhere } from '#db/queries/heartbeats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Endpoint · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, actor, standing, now, portal }) => {
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
  const earlier = live ? await findEarlierLive(tx, endpoint.id, live) : null
  return {
    engagementId,
    zone: actor.timeZone,
    endpoint,
    deployments,
    isBusy: deployments.some((deployment) => deployment.state === 'requested' || deployment.state === 'probing'),
    live: live ? { revision: live.revision, modelVersion: live.modelVersion } : null,
    elsewhere: (await listElsewhere(tx, endpoint.id)).map((one) => ({ ...one, isSilent: isSilent(one, now) })),
    now,
    earlier,
    flags: (await listFlags(tx, engagementId, { openOnly: true })).filter((flag) => flag.endpointId === endpoint.id),
    mayResolve: externalEventRefusal(standing) === null,
    mayDeploy: deployRefusal(standing) === null,
    rollBackReason: rollBackRefusal(standing, earlier)?.reason ?? null,
  }
})

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
          live !== null && mayDeploy ? (
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
      </p>
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
