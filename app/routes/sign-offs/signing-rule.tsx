import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { setSigningRule } from '#app/commands/signing-rule.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import { SigningRuleForm } from '#app/domain/signing-rule.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { CheckField, problemOf, RadioGroup, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'How things are signed · Throughline' }]

export const loader = engagementLoader(({ engagement, standing }) =>
  Promise.resolve({
    engagementId: engagement.id,
    riskTier: engagement.riskTier,
    rule: engagement.signingRule,
    refusal: leadActRefusal(standing)?.reason ?? null,
  }),
)

export const action = engagementAction(SigningRuleForm, async ({ ctx, engagementId, form }) => {
  await setSigningRule(ctx, { engagementId, ...form })
  return redirect(paths.definition(engagementId))
})

export default function SigningRule() {
  const { engagementId, riskTier, rule, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Definition', to: paths.definition(engagementId) }]}
        title="How are things signed here?"
        verdict="It counts for what is sent from now on; what waits for a signature keeps its rule."
      />
      <PostForm state={problem}>
        <RadioGroup
          name="riskTier"
          label="Risk tier"
          defaultValue={riskTier}
          options={[
            { value: 'standard', label: 'Standard' },
            {
              value: 'high',
              label: 'High',
              hint: 'The password is asked for with every decision, and who wrote something neither sends nor signs it.',
            },
          ]}
        />
        <TextField
          name="quorum"
          label="Approvals needed"
          inputMode="numeric"
          hint="By distinct persons; never more than there are accountable seats."
          defaultValue={rule.quorum}
        />
        <CheckField name="isInOrder" label="In the order of the seats" isChecked={rule.isInOrder} />
        <CheckField
          name="awaitsFeedback"
          label="Wait for the consulted before anybody can sign"
          isChecked={rule.awaitsFeedback}
        />
        <TextField
          name="recurDays"
          label="Renew after, days"
          inputMode="numeric"
          hint="Empty: an approval does not expire."
          optional
          defaultValue={rule.recurDays}
        />
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}
