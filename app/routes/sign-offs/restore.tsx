import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { restoreSignOff } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { restorationDocument, RestoreForm, restoreRefusal } from '#app/domain/sign-off.ts'
import { PasswordAgain } from '#app/features/sign-offs/decision-form.tsx'
import { paths } from '#app/paths.ts'
import { countingFailures } from '#app/server/limits.server.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader } from '#app/ui/layout.tsx'
import { sha256 } from '#db/digest.ts'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Restore what was suspended · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const refusal = restoreRefusal(standing, signOff.subjectType, signOff.state)
  return {
    engagementId,
    id: signOff.id,
    title: signOff.title,
    suspendedBecause: signOff.stateReason,
    shownHash: sha256(restorationDocument(signOff)),
    asksPassword: signOff.rule.asksPasswordAgain,
    refusal: refusal?.reason ?? null,
  }
})

export const action = engagementAction(RestoreForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await countingFailures(portal, { actor: ctx.actor, password: form.password }, () =>
    restoreSignOff(ctx, { engagementId, signOffId, origin: portal.deps.publicOrigin, ...form }),
  )
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function RestoreSignOff() {
  const { engagementId, id, title, suspendedBecause, shownHash, asksPassword, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="Restore what was suspended"
        verdict="A decision of its own: it names the reason of the suspension and what you say to it."
      />
      {suspendedBecause === '' ? null : <Callout>Suspended because: {suspendedBecause}</Callout>}
      <PostForm state={problem}>
        <input type="hidden" name="shownHash" value={shownHash} />
        <TextArea name="reason" label="Why it counts again" rows={3} />
        {asksPassword ? <PasswordAgain /> : null}
        <SubmitButton disabledReason={refusal}>Restore it</SubmitButton>
      </PostForm>
    </>
  )
}
