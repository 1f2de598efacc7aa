import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { settleRegisterItem } from '#app/commands/registers.ts'
import { found } from '#app/domain/errors.ts'
import { nextRegisterStates, REGISTER_STATE_WORDS, RegisterMoveForm, settleRefusal } from '#app/domain/register.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listDependants, listRegister } from '#db/queries/registers.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Settle an entry · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const item = found((await listRegister(tx, engagementId)).find(({ id }) => id === params['itemId']))
  const states = nextRegisterStates(item.kind, item.state)
  const resting = (await listDependants(tx, engagementId)).filter((one) => one.itemId === item.id)
  return {
    engagementId,
    item,
    states,
    resting: resting.map((one) => one.criterionKey),
    refusal: settleRefusal(standing, item, states[0] ?? 'closed')?.reason ?? null,
  }
})

export const action = engagementAction(RegisterMoveForm, async ({ ctx, engagementId, params, form, portal }) => {
  const itemId: string = toId(params['itemId'])
  await settleRegisterItem(ctx, { engagementId, itemId, ...form, origin: portal.deps.publicOrigin })
  return redirect(paths.registers(engagementId))
})

export default function SettleRegisterItem() {
  const { engagementId, item, states, resting, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Registers', to: paths.registers(engagementId) }]}
        title={`${item.key} ${item.title}`}
        verdict={
          item.kind === 'assumption' && resting.length > 0
            ? `Refuting it suspends ${resting.join(', ')} until the client decides.`
            : undefined
        }
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <RadioGroup
          name="to"
          label="It is now"
          options={states.map((value) => ({ value, label: REGISTER_STATE_WORDS[value] }))}
        />
        <TextArea name="note" label="What happened" rows={3} />
        <SubmitButton disabledReason={refusal}>Settle it</SubmitButton>
      </PostForm>
    </>
  )
}
