import { Form, Link } from '@remix-run/react'
import type { DeploymentMode, DeploymentState } from '#app/domain/deployment.ts'
import type { EngineOrder, EngineStatus } from '#app/domain/serving-engine.ts'
import { REPLICAS_MAX, SERVING_ENGINE_WORDS } from '#app/domain/serving-engine.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { Time } from '#app/ui/time.tsx'
import { DeploymentBadge } from '../state-badge.tsx'

interface Revision {
  readonly id: string
  readonly revision: number
  readonly state: DeploymentState
  readonly mode: DeploymentMode
  readonly trafficPercent: number
  readonly rollbackOf: string | null
  readonly waiverId: string | null
  readonly modelVersionId: string
  readonly modelName: string
  readonly modelVersion: number
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly liveFrom: Date | null
  readonly liveUntil: Date | null
  readonly probe: { readonly maxAbsDiff: number } | null
  readonly failure: string | null
  readonly order: EngineOrder
  /** How it stands on its engine now; null when nothing of it should run. */
  readonly engineStatus: EngineStatus | null
}

const STATUS_WORDS: Readonly<Record<EngineStatus['state'], string>> = {
  starting: 'Starting',
  running: 'Running',
  away: 'Engine not reachable',
  broken: 'Does not run',
}
const STATUS_LOOKS: Readonly<Record<EngineStatus['state'], string>> = {
  starting: 'text-muted',
  running: 'text-muted',
  away: 'text-breach',
  broken: 'text-breach',
}

const isServing = (state: DeploymentState) => state === 'live' || state === 'candidate'

function orderWords({ engine, replicas, placement }: EngineOrder): string {
  const where = placement.length === 0 ? '' : `, on ${placement.join(' and ')}`
  const count = engine === 'swarm' ? `, ${String(replicas)} ${replicas === 1 ? 'replica' : 'replicas'}${where}` : ''
  return `${SERVING_ENGINE_WORDS[engine].toLowerCase()}${count}`
}

/** Every revision of an endpoint, newest first, with what can be done with a candidate and with what is live. */
export function RevisionList({
  revisions,
  engagementId,
  endpointId,
  zone,
  mayDeploy,
}: {
  revisions: readonly Revision[]
  engagementId: string
  endpointId: string
  zone: string
  mayDeploy: boolean
}) {
  const numberOf = (id: string | null) => revisions.find((revision) => revision.id === id)?.revision
  return (
    <ol className="grid gap-2">
      {revisions.map((revision) => (
        <li key={revision.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <DeploymentBadge state={revision.state} />
            <span className="font-semibold">Revision {revision.revision}</span>
            <Link to={paths.modelVersion(engagementId, revision.modelVersionId)}>
              {revision.modelName} v{revision.modelVersion}
            </Link>
            {revision.waiverId === null ? null : <Badge tone="risk">Under a waiver</Badge>}
          </div>
          <p className="text-sm text-muted">
            deployed by {revision.requestedByName}, <Time at={revision.requestedAt} zone={zone} />
            {revision.rollbackOf === null
              ? ''
              : ` · back to the model of revision ${String(numberOf(revision.rollbackOf))}`}
            {revision.order.engine === 'onnx' ? '' : ` · ${orderWords(revision.order)}`}
            {revision.mode === 'replace'
              ? ''
              : ` · ${revision.mode}, ${String(revision.trafficPercent)} % of the requests`}
            {revision.liveFrom === null ? null : (
              <>
                {' '}
                · live from <Time at={revision.liveFrom} zone={zone} />
              </>
            )}
            {revision.liveUntil === null ? null : (
              <>
                {' '}
                until <Time at={revision.liveUntil} zone={zone} />
              </>
            )}
            {revision.probe === null
              ? null
              : ` · example reproduced within ${revision.probe.maxAbsDiff.toExponential(1)}`}
          </p>
          {revision.engineStatus === null ? null : (
            <p className={`text-sm ${STATUS_LOOKS[revision.engineStatus.state]}`}>
              {STATUS_WORDS[revision.engineStatus.state]}: {revision.engineStatus.detail}
            </p>
          )}
          {revision.failure === null ? null : <p className="text-sm text-breach">{revision.failure}</p>}
          {revision.state === 'candidate' && mayDeploy ? (
            <div className="mt-2 flex flex-wrap gap-2">
              <Form method="post" action={paths.promotion(engagementId, endpointId, revision.id)}>
                <SubmitButton>Give it all traffic</SubmitButton>
              </Form>
              <Form method="post" action={paths.withdrawal(engagementId, endpointId, revision.id)}>
                <SubmitButton look="danger">Withdraw it</SubmitButton>
              </Form>
            </div>
          ) : null}
          {revision.order.engine === 'swarm' && isServing(revision.state) && mayDeploy ? (
            <Form
              method="post"
              action={paths.scale(engagementId, endpointId, revision.id)}
              className="mt-2 flex flex-wrap items-center gap-3"
            >
              <label htmlFor={`replicas-${revision.id}`} className="text-sm">
                Replicas
              </label>
              <input
                id={`replicas-${revision.id}`}
                name="replicas"
                type="number"
                min={1}
                max={REPLICAS_MAX}
                defaultValue={revision.order.replicas}
                className="control w-24"
              />
              <SubmitButton look="plain">Change</SubmitButton>
            </Form>
          ) : null}
          {revision.state === 'live' && mayDeploy ? (
            <details className="mt-2">
              <summary className="cursor-pointer text-sm">Take it down …</summary>
              <Form
                method="post"
                action={paths.withdrawal(engagementId, endpointId, revision.id)}
                className="mt-2 flex flex-wrap items-center gap-3"
              >
                <SubmitButton look="danger">Take it down now</SubmitButton>
                <span className="text-sm text-muted">Then nothing answers at this address.</span>
              </Form>
            </details>
          ) : null}
        </li>
      ))}
    </ol>
  )
}
