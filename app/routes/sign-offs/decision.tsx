import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import type { PersonActor } from '#app/domain/actor.ts'
import { isStaff } from '#app/domain/actor.ts'
import { linkFault } from '#app/domain/decision.ts'
import type { DecisionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { SIGN_OFF_STATE_WORDS } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton } from '#app/ui/button.tsx'
import { Code, CodeBlock, Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { sha256 } from '#db/digest.ts'
import type { DecisionRow } from '#db/queries/sign-offs.ts'
import { getDecision, getSignOff, listOpenSignOffs } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Record of a decision · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, actor }) => {
  const decision = await getDecision(tx, engagementId, toId<DecisionId>(params['decisionId']))
  const before = decision.seq === 1 ? null : { seq: decision.seq - 1, hash: decision.prevHash }
  const organisationId = engagement.clientOrganisationId
  const fault = linkFault({ ...decision, organisationId }, before, sha256)
  return { engagementId, zone: actor.timeZone, decision, fault, next: await nextFor(tx, actor, decision) }
})

/** For the one who decided: what became of it, and the next thing that is asked of them. Null for everybody else. */
async function nextFor(tx: Tx, actor: PersonActor, decision: DecisionRow) {
  if (decision.decidedBy !== actor.personId || decision.signOffId === null) return null
  const { state } = await getSignOff(tx, decision.engagementId, decision.signOffId)
  const asks = isStaff(actor) ? null : await listOpenSignOffs(tx, 1)
  return { state, asks: asks?.map(({ id, engagementId, title }) => ({ id, engagementId, title })) ?? null }
}

export default function Decision() {
  const { engagementId, zone, decision, fault, next } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Definition', to: paths.definition(engagementId) }]}
        title={`Record no. ${String(decision.seq)}: ${decision.title}`}
        badge={
          fault === null ? (
            <Badge tone="met">The hashes hold</Badge>
          ) : (
            <Badge tone="breach">It does not hold: {fault}</Badge>
          )
        }
        verdict="Append-only: nobody, the operator included, can change a record without breaking every hash after it."
        action={
          <>
            <LinkButton to={paths.decisionPdf(engagementId, decision.id)} isDocument>
              PDF
            </LinkButton>
            <LinkButton to={paths.decisionJson(engagementId, decision.id)} isDocument>
              JSON
            </LinkButton>
          </>
        }
      />
      {next === null ? null : (
        <Section title="What comes next">
          <p className="prose-width">
            {next.state === 'awaiting_approval'
              ? 'Your decision is kept, and you have a receipt by mail. It takes effect when the others who are asked have decided, too.'
              : `Your decision is kept, and you have a receipt by mail. Where it stands now: ${SIGN_OFF_STATE_WORDS[next.state].toLowerCase()}.`}
            {next.asks?.length === 0 ? ' Nothing else waits for your signature.' : ''}
          </p>
          <p className="mt-3 flex flex-wrap gap-3">
            {next.asks?.map((ask) => (
              <LinkButton key={ask.id} to={paths.signOff(ask.engagementId, ask.id)} look="primary">
                Read the next: {ask.title}
              </LinkButton>
            ))}
            <LinkButton to={paths.engagement(engagementId)}>See the progress</LinkButton>
          </p>
        </Section>
      )}
      <Section title="Who, what, when">
        <Definitions
          rows={[
            { term: 'Decided by', value: `${decision.decidedByName}, ${decision.authority}` },
            { term: 'For', value: decision.side === 'client' ? 'the client' : 'the consultancy' },
            { term: 'Outcome', value: decision.outcome.replaceAll('_', ' ') },
            { term: 'Reason', value: decision.rationale === '' ? '–' : decision.rationale },
            { term: 'At', value: <Time at={decision.at} zone={zone} /> },
            { term: 'SHA-256 of what was shown', value: <Code>{decision.subjectHash}</Code> },
            { term: 'Hash of the record before', value: <Code>{decision.prevHash}</Code> },
            { term: 'Hash of this record', value: <Code>{decision.hash}</Code> },
          ]}
        />
      </Section>
      <Section title="Exactly what was shown">
        <CodeBlock label="Canonical JSON (RFC 8785); its SHA-256 is the hash above">{decision.document}</CodeBlock>
      </Section>
      <Section title="The record itself">
        <CodeBlock label="Canonical JSON; its SHA-256 is the hash of this record">{decision.body}</CodeBlock>
      </Section>
    </>
  )
}
