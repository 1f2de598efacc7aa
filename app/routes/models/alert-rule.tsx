import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addAlertRule } from '#app/commands/monitoring.ts'
import {
  ALERT_KIND_WORDS,
  ALERT_KINDS,
  ALERT_RECIPIENT_WORDS,
  ALERT_RECIPIENTS,
  alertRefusal,
  AlertRuleForm,
  suspendingRuleRefusal,
} from '#app/domain/alert.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { CheckField, CheckGroup, problemOf, SelectField, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getEndpoint } from '#db/queries/deployments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Watch one more thing · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  return {
    engagementId,
    endpoint,
    refusal: alertRefusal(standing)?.reason ?? null,
    maySuspend: suspendingRuleRefusal(standing) === null,
  }
})

export const action = engagementAction(AlertRuleForm, async ({ ctx, engagementId, params, form }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  await addAlertRule(ctx, { ...form, engagementId, endpointId })
  return redirect(paths.monitoring(engagementId, endpointId))
})

export default function NewAlertRule() {
  const { engagementId, endpoint, refusal, maySuspend } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
          { label: 'Does it still do what was signed?', to: paths.monitoring(engagementId, endpoint.id) },
        ]}
        title="Watch one more thing"
        verdict="Signed criteria are watched already. A rule tells the lead, and whom you choose."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <SelectField
          name="kind"
          label="What"
          empty="Choose what is watched"
          options={ALERT_KINDS.map((value) => ({ value, label: ALERT_KIND_WORDS[value] }))}
        />
        <TextField name="threshold" label="Limit" inputMode="decimal" />
        <TextField
          name="forMinutes"
          type="number"
          label="For how many minutes before anybody is told"
          defaultValue="5"
        />
        <CheckGroup
          name="recipients"
          label="Who is told"
          hint="By mail, when it has held that long. The engagement lead always is."
          options={ALERT_RECIPIENTS.map((name) => ({
            name,
            label: ALERT_RECIPIENT_WORDS[name],
            isChecked: name === 'runs_it',
          }))}
        />
        {maySuspend ? (
          <CheckField
            name="suspends"
            label="Suspend what is signed while it holds"
            hint="For drift: the agreement was made on other data. Muting the alert or ending the rule ends this; what is suspended counts again by a decision of the client."
          />
        ) : null}
        <CheckField
          name="retrains"
          label="Retrain with the newest data when it is told"
          hint="For drift: a candidate is trained and compared with what is live, and the lead is asked. At most one at a time, and one a day."
        />
        <SubmitButton disabledReason={refusal}>Watch it</SubmitButton>
      </PostForm>
    </>
  )
}
