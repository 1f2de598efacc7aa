import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { changesForCallers } from '#app/commands/signatures.ts'
import { gateOf } from '#app/commands/deployments.ts'
import { listSigners } from '#app/commands/sign-offs.ts'
import { deployRefusal, isBlocking } from '#app/domain/deployment.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { externalEventRefusal } from '#app/domain/external-event.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { sendModelRefusal } from '#app/domain/model-sign-off.ts'
import { signsModels } from '#app/domain/signing-rule.ts'
import { DeployForm } from '#app/features/deployments/deploy-form.tsx'
import { SignatureChanges } from '#app/features/deployments/signature-changes.tsx'
import { WaiverList } from '#app/features/deployments/waiver-list.tsx'
import {
  decideWaiverRefusal,
  requestWaiverRefusal,
  switchGateRefusal,
  waiverAsksPassword,
} from '#app/domain/gate-waiver.ts'
import { cardRefusal } from '#app/domain/model-card.ts'
import { FlagNote } from '#app/features/external-events/flag-note.tsx'
import { GateList } from '#app/features/models/gate-list.tsx'
import { ModelCard } from '#app/features/models/model-card.tsx'
import { MovesList } from '#app/features/models/moves-list.tsx'
import { SignatureState } from '#app/features/models/signature-state.tsx'
import { DeploymentBadge, RetrainingBadge } from '#app/features/state-badge.tsx'
import { Threads } from '#app/features/threads.tsx'
import { paths } from '#app/paths.ts'
import { gatherModelCard } from '#app/server/model-card.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Code, Definitions, ExportLinks, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listThreads } from '#db/queries/comments.ts'
import { findEndpointOfModel, findServedBySlug, listDeployments } from '#db/queries/deployments.ts'
import { listFlags } from '#db/queries/external-events.ts'
import { findActiveWaiver, listWaivers } from '#db/queries/gate-waivers.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { listMoves } from '#db/queries/registry.ts'
import { findRetrainingOf } from '#db/queries/retraining-facts.ts'
import { findStandingSignOff, listSignOffsOf } from '#db/queries/sign-offs.ts'
import { listConsumers } from '#db/queries/tokens.ts'

/** Older moves stand in the exports of this page. */
const MOVES_SHOWN_MAX = 50

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Model version · Throughline' }]

export const loader = engagementLoader(
  async ({ tx, engagementId, engagement, standing, params, actor, now, portal }) => {
    const versionId = toId<ModelVersionId>(params['modelVersionId'])
    const { version, card } = await gatherModelCard(tx, { engagement, versionId, now })
    const gate = await gateOf(tx, engagementId, version)
    const endpoint = await findEndpointOfModel(tx, version.modelId)
    const served = endpoint && (await findServedBySlug(tx, endpoint.slug))
    const live = served && (await getModelVersion(tx, engagementId, served.live.modelVersionId))
    const changes = live
      ? await changesForCallers(portal.deps.blobs, engagementId, { before: live, after: version })
      : []
    const mayDeploy = deployRefusal(standing) === null
    return {
      engagementId,
      zone: actor.timeZone,
      version,
      threads: await listThreads(tx, engagementId, version.id, isTeam(standing)),
      retraining: await findRetrainingOf(tx, version.id),
      moves: await listMoves(tx, engagementId, version.modelId, MOVES_SHOWN_MAX),
      card: { prose: card.prose, missing: card.missing },
      mayWriteCard: cardRefusal(standing) === null,
      gate,
      maySwitch: switchGateRefusal(standing) === null,
      flags: (await listFlags(tx, engagementId, { openOnly: true })).filter(
        ({ modelId }) => modelId === version.modelId,
      ),
      mayResolve: externalEventRefusal(standing) === null,
      hasLive: live !== null,
      engines: portal.deps.servingEngines,
      changes,
      consumers: mayDeploy ? (await listConsumers(tx, engagementId, now)).map(({ name }) => name) : [],
      waived: [...((await findActiveWaiver(tx, version.id, now))?.keys ?? [])],
      asksPassword: waiverAsksPassword(engagement.riskTier),
      waiverReason: requestWaiverRefusal(standing, gate)?.reason ?? null,
      waivers: (await listWaivers(tx, engagementId, { modelVersionId: version.id })).map((waiver) => ({
        ...waiver,
        decideReason: decideWaiverRefusal(standing, waiver)?.reason ?? null,
      })),
      refusal: deployRefusal(standing)?.reason ?? null,
      signOffs: (await listSignOffsOf(tx, engagementId, version.id)).map(({ id, state, sentByName, sentAt }) => ({
        id,
        state,
        sentByName,
        sentAt,
      })),
      isSignatureRequired: signsModels(engagement.riskTier),
      mayAsk: isTeam(standing),
      sendReason:
        sendModelRefusal(standing, {
          state: version.state,
          isDeleted: version.deletedAt !== null,
          signOff: (await findStandingSignOff(tx, engagementId, version.id))?.state ?? null,
          signerCount: (await listSigners(tx, engagement, 'model_version')).length,
        })?.reason ?? null,
      deployments: (await listDeployments(tx, engagementId, { modelVersionId: version.id })).map(
        ({ gate: _gate, ...deployment }) => deployment,
      ),
    }
  },
)

export default function ModelVersion() {
  const {
    engagementId,
    zone,
    version,
    threads,
    retraining,
    moves,
    card,
    mayWriteCard,
    gate,
    maySwitch,
    flags,
    mayResolve,
    refusal,
    hasLive,
    engines,
    changes,
    consumers,
    waived,
    waiverReason,
    waivers,
    asksPassword,
    deployments,
    signOffs,
    isSignatureRequired,
    mayAsk,
    sendReason,
  } = useLoaderData<typeof loader>()
  const unmet = gate.filter(isBlocking)
  const blocking = unmet.filter((item) => !waived.includes(item.key))
  const isLive = deployments.some((deployment) => deployment.state === 'live')
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Models', to: paths.models(engagementId) }]}
        title={`${version.modelName} v${String(version.version)}`}
        verdict={
          isLive
            ? 'This version is live.'
            : unmet.length === 0
              ? gate.some((item) => item.switchedOff !== undefined)
                ? 'Every condition for going live is met or was switched off by the client.'
                : 'Every condition for going live is met.'
              : blocking.length === 0
                ? 'A waiver of two people lets it go live for now.'
                : `It may not go live: ${String(unmet.length)} ${unmet.length === 1 ? 'condition is' : 'conditions are'} unmet.`
        }
        action={<LinkButton to={paths.lineage(engagementId, `model_version:${version.id}`)}>Lineage</LinkButton>}
      />
      <FlagNote engagementId={engagementId} flags={flags} mayResolve={mayResolve} />
      {refusal === null ? (
        <Section title="Deploy">
          <DeployForm
            action={paths.deploy(engagementId, version.id)}
            hasLive={hasLive}
            engines={engines}
            disabledReason={blocking.length > 0 ? 'The gate below names what is missing.' : null}
          />
          <SignatureChanges changes={changes} consumers={consumers} />
          <p className="mt-3 flex flex-wrap gap-3">
            {waiverReason === null ? (
              <LinkButton to={paths.newWaiver(engagementId, version.id)}>Ask for an emergency waiver</LinkButton>
            ) : null}
            <a href={paths.ociContext(engagementId, version.id)} download>
              Download the image’s build context
            </a>
          </p>
        </Section>
      ) : null}
      {waivers.length === 0 ? null : (
        <Section title="Waivers">
          <WaiverList waivers={waivers} engagementId={engagementId} zone={zone} asksPassword={asksPassword} />
        </Section>
      )}
      <Section title="The client’s signature">
        <SignatureState
          signOffs={signOffs}
          engagementId={engagementId}
          modelVersionId={version.id}
          zone={zone}
          isRequired={isSignatureRequired}
          sendReason={sendReason}
          mayAsk={mayAsk}
        />
      </Section>
      <Section title="The gate">
        <GateList gate={gate} engagementId={engagementId} maySwitch={maySwitch} />
      </Section>
      <ModelCard
        card={card}
        writeHref={mayWriteCard ? paths.modelCard(engagementId, version.id) : null}
        markdownHref={paths.modelCard(engagementId, version.id, '.md')}
        jsonHref={paths.modelCard(engagementId, version.id, '.json')}
      />
      <Section title="Deployments of this version">
        {deployments.length === 0 ? <p className="text-muted">None yet.</p> : null}
        <ul className="grid gap-2">
          {deployments.map((deployment) => (
            <li key={deployment.id} className="flex flex-wrap items-center gap-x-3">
              <DeploymentBadge state={deployment.state} />
              <Link to={paths.endpoint(engagementId, deployment.endpointId)}>
                {deployment.slug}, revision {deployment.revision}
              </Link>
              {deployment.failure === null ? null : <span className="text-sm text-breach">{deployment.failure}</span>}
              {deployment.probe === null ? null : (
                <span className="text-sm text-muted">
                  reproduced its stored example within {deployment.probe.maxAbsDiff.toExponential(1)} (allowed{' '}
                  {deployment.probe.tolerance})
                </span>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={`Aliases and stages of ${version.modelName}`}>
        <MovesList moves={moves} zone={zone} />
      </Section>
      <Section
        title="Where it came from"
        aside={
          <ExportLinks
            csv={paths.modelVersion(engagementId, version.id, '.csv')}
            json={paths.modelVersion(engagementId, version.id, '.json')}
          />
        }
      >
        <Definitions
          rows={[
            {
              term: 'Run',
              value:
                version.runId === null ? (
                  version.source
                ) : (
                  <Link to={paths.run(engagementId, version.runId)}>{version.runName}</Link>
                ),
            },
            ...(Object.keys(version.files).length === 0
              ? [{ term: 'Files', value: 'None are kept here, so that nothing of it can be served.' }]
              : []),
            ...(retraining === null
              ? []
              : [
                  {
                    term: 'Retraining',
                    value: (
                      <span className="flex flex-wrap items-center gap-x-3">
                        <Link to={paths.retraining(engagementId, retraining.id)}>Beside what was live then</Link>
                        <RetrainingBadge state={retraining.state} />
                      </span>
                    ),
                  },
                ]),
            {
              term: 'Registered',
              value: (
                <>
                  <Time at={version.createdAt} zone={zone} /> by {version.userName}
                </>
              ),
            },
            ...Object.entries(version.files).map(([path, sha256]) => ({ term: path, value: <Code>{sha256}</Code> })),
          ]}
        />
      </Section>
      <Threads threads={threads} writeTo={paths.comment(engagementId, 'model_version', version.id)} zone={zone} />
    </>
  )
}
