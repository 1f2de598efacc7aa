import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { submitRefusal, withdrawDeliverableRefusal } from '#app/domain/deliverable.ts'
import { isTeam } from '#app/domain/engagement.ts'
import type { DeliverableId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { DeliverableBadge } from '#app/features/deliverable-badge.tsx'
import { Threads } from '#app/features/threads.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Callout, Code, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'
import { listThreads } from '#db/queries/comments.ts'
import { getDeliverable, listDeliverableVersions } from '#db/queries/deliverables.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Deliverable · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, params }) => {
  const deliverable = await getDeliverable(tx, engagementId, toId<DeliverableId>(params['deliverableId']))
  const signOffs = await listSignOffs(tx, engagementId)
  return {
    engagementId,
    zone: actor.timeZone,
    deliverable,
    threads: await listThreads(tx, engagementId, deliverable.id, isTeam(standing)),
    isOurs: isTeam(standing),
    mayWithdraw: withdrawDeliverableRefusal(standing, deliverable) === null,
    refusal: submitRefusal(standing, deliverable, { signerCount: 1 })?.reason ?? null,
    versions: (await listDeliverableVersions(tx, engagementId, deliverable.id)).map((version) => ({
      ...version,
      signOffId: signOffs.find((signOff) => signOff.subjectId === version.id)?.id ?? null,
    })),
  }
})

export default function Deliverable() {
  const { engagementId, zone, deliverable, threads, isOurs, mayWithdraw, refusal, versions } =
    useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Deliverables', to: paths.deliverables(engagementId) }]}
        title={`${deliverable.key} ${deliverable.title}`}
        badge={<DeliverableBadge state={deliverable.state} />}
        action={
          <>
            {isOurs && refusal === null ? (
              <LinkButton to={paths.submitDeliverable(engagementId, deliverable.id)} look="primary">
                Submit a version
              </LinkButton>
            ) : null}
            {mayWithdraw ? (
              <LinkButton to={paths.withdrawDeliverable(engagementId, deliverable.id)} look="danger">
                Withdraw
              </LinkButton>
            ) : null}
          </>
        }
      />
      {deliverable.state === 'withdrawn' ? <Callout>It was withdrawn. {deliverable.withdrawnReason}</Callout> : null}
      <Definitions
        rows={[
          {
            term: 'Accepted by',
            value: deliverable.acceptanceCriteria === '' ? '–' : <Prose text={deliverable.acceptanceCriteria} />,
          },
          { term: 'Due', value: deliverable.due ?? '–' },
          { term: 'Days for the answer', value: String(deliverable.reviewDays) },
          { term: 'Returned', value: `${String(deliverable.round)} times` },
        ]}
      />
      {isOurs && refusal !== null ? <p className="mt-3 text-sm text-muted">{refusal}</p> : null}
      <div className="mt-8">
        <Section title="Versions">
          {versions.length === 0 ? (
            <EmptyState title="Nothing was submitted yet">
              A submitted file is kept by its hash, and accepting it names that hash.
            </EmptyState>
          ) : (
            <ol className="grid gap-3">
              {versions.map((version) => (
                <li key={version.id} className="rounded-lg border border-line bg-surface p-4">
                  <p className="flex flex-wrap items-baseline gap-x-3">
                    <a href={paths.deliverableFile(engagementId, deliverable.id, version.number)} download>
                      Version {version.number}: {version.fileName}
                    </a>
                    <span className="text-sm text-muted">
                      {version.sizeBytes} bytes · {version.submittedByName},{' '}
                      <Time at={version.submittedAt} zone={zone} />
                    </span>
                  </p>
                  <p className="text-sm text-muted">
                    SHA-256 <Code>{version.sha256}</Code>
                  </p>
                  {version.note === '' ? null : <Prose text={version.note} />}
                  {version.signOffId === null ? null : (
                    <p className="mt-2">
                      <Link to={paths.signOff(engagementId, version.signOffId)}>
                        Accept, return, or read the decision
                      </Link>
                    </p>
                  )}
                </li>
              ))}
            </ol>
          )}
        </Section>
        <Threads threads={threads} writeTo={paths.comment(engagementId, 'deliverable', deliverable.id)} zone={zone} />
      </div>
    </>
  )
}
