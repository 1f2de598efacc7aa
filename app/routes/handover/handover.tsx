import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { accessLines, gatherHandoverFacts } from '#app/commands/handover-facts.ts'
import { listSigners } from '#app/commands/sign-offs.ts'
import { isTeam } from '#app/domain/engagement.ts'
import {
  draftHandoverRefusal,
  HANDOVER_CONSEQUENCE,
  handoverRows,
  sendHandoverRefusal,
  showsAccess,
} from '#app/domain/handover.ts'
import { isInForce } from '#app/domain/sign-off-case.ts'
import { SignOffBadge } from '#app/features/sign-off-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { Callout, Card, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listHandovers } from '#db/queries/handovers.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Hand-over · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor, now }) => {
  const isOurs = isTeam(standing)
  const versions = await listHandovers(tx, engagementId)
  const signOffs = (await listSignOffs(tx, engagementId)).filter(({ subjectType }) => subjectType === 'handover')
  const draft = versions.find(({ sentAt }) => sentAt === null) ?? null
  const standingSignOff = signOffs.find(({ subjectId, state }) => subjectId === versions[0]?.id && state !== 'voided')
  const facts = { state: engagement.state, signOff: standingSignOff?.state ?? null }
  const signed = signOffs.find(({ state }) => isInForce(state))
  const accessUntil = versions.find(({ id }) => id === signed?.subjectId)?.content.accessUntil ?? null
  return {
    engagementId,
    zone: actor.timeZone,
    state: engagement.state,
    isOurs,
    sent: signOffs.map(({ id, title, state, sentByName, sentAt }) => ({ id, title, state, sentByName, sentAt })),
    // A draft is the team's own until it is sent.
    draft:
      isOurs && draft !== null
        ? {
            version: draft.version,
            rows: handoverRows(draft.content, await gatherHandoverFacts(tx, engagement, now)),
            consequence: HANDOVER_CONSEQUENCE,
          }
        : null,
    draftReason: draftHandoverRefusal(standing, facts)?.reason ?? null,
    sendReason:
      sendHandoverRefusal(standing, {
        ...facts,
        isDrafted: draft !== null,
        signerCount: (await listSigners(tx, engagement, 'handover')).length,
      })?.reason ?? null,
    access: showsAccess(engagement.state) ? await accessLines(tx, engagementId, now) : null,
    accessUntil,
    isAccessOverdue: accessUntil !== null && accessUntil < now.toISOString().slice(0, 10),
  }
})

export default function Handover() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, draft, zone } = page
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]}
        title="What is handed over, and to whom?"
        verdict={
          page.state === 'operate' || page.state === 'closed'
            ? 'The hand-over is signed: the client operates it.'
            : page.sent.length === 0
              ? 'No hand-over was sent yet.'
              : 'The engagement goes into operation when the client has signed and no condition is open.'
        }
        action={
          page.draftReason === null ? (
            <LinkButton to={paths.draftHandover(engagementId)} look={draft === null ? 'primary' : 'plain'}>
              {draft === null ? 'Write the hand-over' : 'Change the draft'}
            </LinkButton>
          ) : undefined
        }
      />
      {page.isOurs && page.draftReason !== null ? <Callout>{page.draftReason}</Callout> : null}
      <Section title="Sent for signature">
        {page.sent.length === 0 ? (
          <EmptyState title="Nothing was sent">
            A hand-over names what runs, what was accepted, what is open, who operates it and which access remains. The
            person who is accountable at the client signs it.
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {page.sent.map((signOff) => (
              <li key={signOff.id} className="flex flex-wrap items-center gap-x-3">
                <SignOffBadge state={signOff.state} />
                <Link to={paths.signOff(engagementId, signOff.id)}>{signOff.title}</Link>
                <span className="text-sm text-muted">
                  sent by {signOff.sentByName}, <Time at={signOff.sentAt} zone={zone} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {draft === null ? null : (
        <Section title={`Draft of version ${String(draft.version)}, as it would be sent now`} aside="Team only">
          <Card>
            <Definitions rows={draft.rows} />
            <p className="prose-width mt-6">{draft.consequence}</p>
          </Card>
          <Form method="post" action={paths.sendHandover(engagementId)} className="mt-4">
            <SubmitButton disabledReason={page.sendReason}>Send for signature</SubmitButton>
          </Form>
        </Section>
      )}
      {page.access === null ? null : (
        <Section
          title="Access of the consultancy"
          aside={page.accessUntil === null ? undefined : `agreed to end on ${page.accessUntil}`}
        >
          {page.isAccessOverdue ? (
            <Callout tone="risk">
              This access was to end on {page.accessUntil}. What is listed here still stands: seats are vacated under
              People, and the team revokes its tokens.
            </Callout>
          ) : null}
          <ul className="prose-width grid list-disc gap-1.5 pl-5">
            {page.access.map((line) => (
              <li key={line}>{line}.</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}
