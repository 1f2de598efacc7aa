import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { lendEndpoint } from '#app/commands/reuse.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import {
  lendRefusal,
  namesSeenByBorrower,
  REUSE_DAYS_MAX,
  REUSE_SCOPE_WORDS,
  REUSE_SCOPES,
  ReuseForm,
} from '#app/domain/reuse.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { getEndpoint } from '#db/queries/deployments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Lend it · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, standing }) => ({
  engagementId,
  client: engagement.client,
  endpoint: await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId'])),
  refusal: lendRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(ReuseForm, async ({ ctx, engagementId, params, form, portal }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  const origin = portal.deps.publicOrigin
  const grantId = await lendEndpoint(ctx, { engagementId, endpointId, form, origin })
  return redirect(paths.grant(engagementId, grantId))
})

export default function Lend() {
  const { engagementId, client, endpoint, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
        ]}
        title="Who else may use this model?"
        verdict={`For an engagement of another client, ${client} is asked first. Neither client is told who the other is.`}
      />
      <Section title="What the borrower sees">
        <p className="prose-width">{namesSeenByBorrower(endpoint)}</p>
      </Section>
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextField
          name="toCode"
          label="Code of the engagement that borrows"
          placeholder="ABC-1"
          hint="It stands beside the engagement’s name. Only the team sees it here."
        />
        <TextField
          name="borrower"
          label="Who borrows, in words"
          placeholder="An airport operator in northern Europe"
          hint={`${client} reads this and agrees to it. Name nobody who does not want to be named.`}
        />
        <TextArea name="purpose" label="What for" hint="Both clients read this." rows={3} />
        <RadioGroup
          name="scope"
          label="They may"
          defaultValue="predict"
          options={REUSE_SCOPES.map((value) => ({ value, label: REUSE_SCOPE_WORDS[value] }))}
        />
        <TextField name="until" label="Last day" type="date" hint={`At most ${String(REUSE_DAYS_MAX)} days.`} />
        <SubmitButton disabledReason={refusal}>Lend it</SubmitButton>
      </PostForm>
    </>
  )
}
