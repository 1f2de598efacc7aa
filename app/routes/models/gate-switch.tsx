import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { switchGate } from '#app/commands/gate-switches.ts'
import { GateSwitchForm, switchAsksPassword, switchGateRefusal } from '#app/domain/gate-waiver.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { PasswordAgain } from '#app/features/sign-offs/decision-form.tsx'
import { paths } from '#app/paths.ts'
import { countingFailures } from '#app/server/limits.server.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listGateSwitches } from '#db/queries/checklists.ts'
import { getCriterion } from '#db/queries/criteria.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'A condition for going live · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, params }) => {
  const { criterion } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const before = (await listGateSwitches(tx, engagementId, null)).find((one) => one.criterionId === criterion.id)
  return {
    engagementId,
    criterion: { id: criterion.id, key: criterion.key },
    before: before ?? null,
    asksPassword: switchAsksPassword(engagement.riskTier, before?.state === 'off' ? 'on' : 'off'),
    refusal: switchGateRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(GateSwitchForm, async ({ ctx, engagementId, params, form, portal }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  await countingFailures(portal, { actor: ctx.actor, password: form.password }, () =>
    switchGate(ctx, { engagementId, criterionId, ...form }),
  )
  return redirect(paths.criterion(engagementId, criterionId))
})

export default function GateSwitch() {
  const { engagementId, criterion, before, asksPassword, refusal } = useLoaderData<typeof loader>()
  const isOff = before?.state === 'off'
  return (
    <>
      <PageHeader
        crumbs={[{ label: criterion.key, to: paths.criterion(engagementId, criterion.id) }]}
        title={isOff ? `Is ${criterion.key} a condition again?` : `Is ${criterion.key} no condition for going live?`}
        verdict={
          isOff
            ? `${before.switchedByName} switched it off: ${before.reason}`
            : 'It stays signed and is measured as before; models may go live without meeting it, until it is switched on again. The reason stays in sight.'
        }
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <HiddenField name="state" value={isOff ? 'on' : 'off'} />
        <TextArea name="reason" label="Reason" rows={3} />
        {asksPassword ? <PasswordAgain /> : null}
        <SubmitButton disabledReason={refusal}>{isOff ? 'Switch it on again' : 'Switch it off'}</SubmitButton>
      </PostForm>
    </>
  )
}
