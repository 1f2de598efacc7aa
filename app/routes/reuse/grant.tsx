import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { decideReuse, ReuseConsentForm } from '#app/commands/reuse.ts'
import type { GrantId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import {
  consentRefusal,
  lastDayOf,
  namesSeenByBorrower,
  REUSE_SCOPE_WORDS,
  reuseStanding,
  revokeReuseRefusal,
} from '#app/domain/reuse.ts'
import { ReuseBadge } from '#app/features/reuse/reuse-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { countLentCalls, getGrant } from '#db/queries/reuse.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Lent to another engagement · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, standing, actor, now }) => {
  const grant = await getGrant(tx, engagementId, toId<GrantId>(params['grantId']))
  const at = reuseStanding(grant, now)
  return {
    engagementId,
    client: engagement.client,
    zone: actor.timeZone,
    grant,
    at,
    calls: (await countLentCalls(tx, [grant.id]))(grant.id),
    consentReason: consentRefusal(standing, at)?.reason ?? null,
    mayRevoke: revokeReuseRefusal(standing, at) === null,
  }
})

export const action = engagementAction(ReuseConsentForm, async ({ ctx, engagementId, params, form }) => {
  const grantId = toId<GrantId>(params['grantId'])
  await decideReuse(ctx, { engagementId, grantId, ...form })
  return redirect(paths.grant(engagementId, grantId))
})

export default function Grant() {
  const { engagementId, client, zone, grant, at, calls, consentReason, mayRevoke } = useLoaderData<typeof loader>()
  const state = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: grant.slug, to: paths.endpoint(engagementId, grant.endpointId) },
        ]}
        title={`Use of ${grant.modelName} elsewhere`}
        badge={<ReuseBadge standing={at} />}
        verdict={
          at === 'awaiting_consent'
            ? `Nothing is lent before the accountable person of ${client} agrees.`
            : at === 'active'
              ? 'It can be taken back at any time; the next question is then refused.'
              : grant.endReason
        }
        action={
          mayRevoke ? (
            <LinkButton to={paths.grantRevoke(engagementId, grant.id)} look="danger">
              Take it back
            </LinkButton>
          ) : undefined
        }
      />
      <Section title="What is lent">
        <Definitions
          rows={[
            {
              term: 'Model',
              value: (
                <>
                  <Link to={paths.endpoint(engagementId, grant.endpointId)}>{grant.slug}</Link>, version{' '}
                  {grant.modelVersion} when it was lent; whatever is live there answers
                </>
              ),
            },
            { term: 'Who borrows', value: grant.borrower },
            { term: 'What for', value: grant.purpose },
            { term: 'They may', value: REUSE_SCOPE_WORDS[grant.scope] },
            { term: 'They see', value: namesSeenByBorrower(grant) },
            {
              term: 'They may not',
              value: 'See anything else here: no data, run, criterion, monitoring or person of this engagement.',
            },
            { term: 'Last day', value: `${lastDayOf(grant.expiresAt)} (UTC)` },
            {
              term: 'Lent by',
              value: (
                <>
                  {grant.grantedByName}, <Time at={grant.grantedAt} zone={zone} />
                </>
              ),
            },
            ...(grant.decidedByName === null || grant.decidedAt === null
              ? []
              : [
                  {
                    term: at === 'declined' ? 'Declined by' : 'Agreed to by',
                    value: (
                      <>
                        {grant.decidedByName}, <Time at={grant.decidedAt} zone={zone} />
                      </>
                    ),
                  },
                ]),
            ...(grant.endedByName === null || grant.endedAt === null
              ? []
              : [
                  {
                    term: 'Taken back by',
                    value: (
                      <>
                        {grant.endedByName}, <Time at={grant.endedAt} zone={zone} />
                      </>
                    ),
                  },
                ]),
            {
              term: 'Questions',
              value: `${calls.asked.toLocaleString('en-GB')} answered${calls.refused === 0 ? '' : `, ${calls.refused.toLocaleString('en-GB')} refused after the end`}`,
            },
          ]}
        />
      </Section>
      {at !== 'awaiting_consent' ? null : (
        <Section title="Your answer">
          {consentReason === null ? (
            <PostForm state={state}>
              <RadioGroup
                name="outcome"
                label="I decide, for my organisation"
                options={[
                  { value: 'approved', label: 'It may be used so', hint: 'You can take it back at any time.' },
                  { value: 'rejected', label: 'It may not' },
                ]}
              />
              <TextArea name="reason" label="Reason" hint="Needed when you say no." rows={3} />
              <p className="prose-width mb-4 text-sm text-muted">
                Your name, the time, your seat and what stands above are kept for ever in a record that nobody can
                change.
              </p>
              <SubmitButton>Record my decision</SubmitButton>
            </PostForm>
          ) : (
            <p className="text-muted">{consentReason}</p>
          )}
        </Section>
      )}
    </>
  )
}
