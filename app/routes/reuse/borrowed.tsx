import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { isTeam } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import { CARD_PART_WORDS, readCardProse } from '#app/domain/model-card.ts'
import { lastDayOf, REUSE_SCOPE_WORDS, reuseStanding } from '#app/domain/reuse.ts'
import { ReuseBadge } from '#app/features/reuse/reuse-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { CodeBlock, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { countOwnCalls, listBorrowed } from '#db/queries/borrowing.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Borrowed model · Throughline' }]

/** Parts of the card that a borrower reads: not who its owner is. */
const PARTS = ['summary', 'intendedUse', 'limits'] as const

export const loader = engagementLoader(async ({ tx, engagementId, params, portal, actor, standing, now }) => {
  const all = await listBorrowed(tx, engagementId)
  const model = found(
    all.find(({ grantId }) => grantId === params['grantId']),
    'This model',
  )
  return {
    engagementId,
    zone: actor.timeZone,
    origin: portal.deps.publicOrigin,
    model,
    at: reuseStanding(model, now),
    card: model.card === null ? null : readCardProse(model.card),
    calls: await countOwnCalls(tx, engagementId, model.grantId),
    mayIssue: isTeam(standing),
  }
})

export default function Borrowed() {
  const { engagementId, zone, origin, model, at, card, calls, mayIssue } = useLoaderData<typeof loader>()
  const address = `${origin}/endpoints/${model.slug}`
  const told = PARTS.filter((part) => card !== null && card[part] !== '')
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Models', to: paths.models(engagementId) }]}
        title={`${model.modelName}, borrowed`}
        badge={<ReuseBadge standing={at} />}
        verdict={
          at === 'active'
            ? model.liveVersion === null
              ? 'It is lent to this engagement, and nothing is live at its address now.'
              : 'It is lent to this engagement by another one, and answers like a model of your own.'
            : 'It is not lent to this engagement any more: questions are refused.'
        }
        action={
          mayIssue && at === 'active' ? (
            <LinkButton to={paths.tokens(engagementId)} look="primary">
              Make a token for it
            </LinkButton>
          ) : undefined
        }
      />
      <Section title="What was lent">
        <Definitions
          rows={[
            { term: 'You may', value: REUSE_SCOPE_WORDS[model.scope] },
            { term: 'What for', value: model.purpose },
            { term: 'Since', value: <Time at={model.grantedAt} zone={zone} /> },
            { term: 'Last day', value: `${lastDayOf(model.expiresAt)} (UTC)` },
            ...(model.endedAt === null ? [] : [{ term: 'Taken back', value: <Time at={model.endedAt} zone={zone} /> }]),
            ...(model.liveVersion === null
              ? []
              : [{ term: 'Live now', value: `Version ${String(model.liveVersion)}` }]),
            {
              term: 'Asked by you',
              value: `${calls.asked.toLocaleString('en-GB')} questions${calls.refused === 0 ? '' : `, and ${calls.refused.toLocaleString('en-GB')} that were refused`}`,
            },
          ]}
        />
      </Section>
      {at !== 'active' ? null : (
        <Section title="Use it in a program">
          <CodeBlock label="What it takes and gives">{`curl ${address}/openapi.json \\\n  -H "Authorization: Bearer $TOKEN"`}</CodeBlock>
          <CodeBlock label="Ask it">{`curl ${address}/predict \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d @row.json`}</CodeBlock>
          <p className="prose-width text-muted">
            A token of this engagement that asks live models opens it. When the time is over or it is taken back, the
            answer is 403 with REUSE_EXPIRED or REUSE_REVOKED.
          </p>
        </Section>
      )}
      {model.scope === 'predict_and_card' && at === 'active' ? (
        <Section title="What its model card says">
          {card === null || told.length === 0 ? (
            <EmptyState title="Nothing was written">Its owner has not described this model yet.</EmptyState>
          ) : (
            <Definitions rows={told.map((part) => ({ term: CARD_PART_WORDS[part], value: card[part] }))} />
          )}
        </Section>
      ) : null}
    </>
  )
}
