import type { MetaFunction } from '@remix-run/node'
import { Form, useActionData, useLoaderData } from '@remix-run/react'
import { issueToken, TokenForm } from '#app/commands/tokens.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { SelectField, TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, Code, CodeBlock, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listTokens } from '#db/queries/tokens.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Tokens · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, portal, now, actor }) => ({
  engagementId,
  now,
  zone: actor.timeZone,
  origin: portal.deps.publicOrigin,
  tokens: await listTokens(tx, engagementId),
}))

export const action = engagementAction(TokenForm, async ({ ctx, engagementId, form }) => {
  const { token } = await issueToken(ctx, {
    engagementId,
    name: form.name,
    scopes: [form.scope],
    purpose: form.purpose,
    requestsPerMinute: form.requestsPerMinute,
  })
  return { token, scope: form.scope }
})

export default function Tokens() {
  const { engagementId, now, zone, origin, tokens } = useLoaderData<typeof loader>()
  const result = useActionData<typeof action>()
  const made = result !== undefined && 'token' in result ? result : null
  return (
    <>
      <PageHeader
        title="How do scripts get in?"
        verdict="A token belongs to this engagement: with it nothing else exists. Only its hash is kept. A revoked token opens nothing after one second."
      />
      {made === null ? null : (
        <Callout tone="met">
          <p className="mb-2 font-semibold">Copy the token now; it is not shown again.</p>
          <Code>{made.token}</Code>
        </Callout>
      )}
      <Section title="Point an MLflow client at it">
        <CodeBlock label="In a shell">{`export MLFLOW_TRACKING_URI=${origin}\nexport MLFLOW_TRACKING_TOKEN=${made?.scope === 'track' ? made.token : '<token>'}\npython train.py`}</CodeBlock>
      </Section>
      <Section title="Make a token">
        <PostForm state={problemOf(result)}>
          <TextField name="name" label="What it is for" placeholder="Training on my laptop" />
          <SelectField
            name="scope"
            label="It may"
            defaultValue="track"
            options={[
              { value: 'track', label: 'log and read runs (MLflow)' },
              { value: 'predict', label: 'ask live models for predictions' },
            ]}
          />
          <TextField
            name="purpose"
            label="Purpose"
            hint="What its holder may use the answers for. Shown beside the token."
            optional
          />
          <TextField
            name="requestsPerMinute"
            label="Questions a minute, at most"
            hint="For tokens that ask live models. More are answered 429 with the time to wait."
            inputMode="numeric"
            optional
          />
          <SubmitButton>Make the token</SubmitButton>
        </PostForm>
      </Section>
      <Section title="Tokens">
        {tokens.length === 0 ? (
          <EmptyState title="No token yet">Scripts and other people’s CI use tokens instead of passwords.</EmptyState>
        ) : (
          <ul className="grid gap-2">
            {tokens.map((token) => (
              <li
                key={token.id}
                className="flex flex-wrap items-center justify-between gap-3 rounded-md border border-line bg-surface px-3 py-2"
              >
                <div>
                  <span className="font-semibold">{token.name}</span> <Code>{`${token.prefix}…`}</Code>{' '}
                  <Badge tone={token.revokedAt ? 'unknown' : 'met'}>
                    {token.revokedAt ? 'Revoked' : token.scopes.join(', ')}
                  </Badge>
                  <div className="text-sm text-muted">
                    by {token.personName}, <Time at={token.createdAt} now={now} zone={zone} /> · expires{' '}
                    <Time at={token.expiresAt} zone={zone} />
                    {token.requestsPerMinute === null
                      ? null
                      : ` · at most ${token.requestsPerMinute.toLocaleString('en-GB')} questions a minute`}
                    {token.purpose === '' ? null : <span className="block">For: {token.purpose}</span>}
                  </div>
                </div>
                {token.revokedAt ? null : (
                  <Form method="post" action={paths.revokeToken(engagementId, token.id)}>
                    <SubmitButton look="danger">Revoke</SubmitButton>
                  </Form>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}
