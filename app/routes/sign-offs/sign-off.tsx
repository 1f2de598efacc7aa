import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { SIGN_OFF_STATE_WORDS } from '#app/domain/sign-off-case.ts'
import { SignForm } from '#app/domain/sign-off.ts'
import { SignOffAround, SignOffShown } from '#app/features/sign-offs/sign-off-parts.tsx'
import { DecisionForm } from '#app/features/sign-offs/decision-form.tsx'
import { subjectCrumb } from '#app/features/sign-offs/subject-crumb.ts'
import { SignOffBadge } from '#app/features/sign-off-badge.tsx'
import { paths } from '#app/paths.ts'
import { countingFailures } from '#app/server/limits.server.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { signOffPage } from '#app/server/sign-off-page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { Callout, PageHeader, Section } from '#app/ui/layout.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Read and decide · Throughline' }]

export const loader = engagementLoader(({ tx, engagementId, standing, params, actor }) =>
  signOffPage(tx, { engagementId, signOffId: toId<SignOffId>(params['signOffId']), standing, actor }),
)

export const action = engagementAction(SignForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  const decisionId = await countingFailures(portal, { actor: ctx.actor, password: form.password }, () =>
    decideSignOff(ctx, { ...form, engagementId, signOffId, origin: portal.deps.publicOrigin }),
  )
  return redirect(paths.decision(engagementId, decisionId))
})

export default function SignOff() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, signOff } = page
  const formProblem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[subjectCrumb(engagementId, signOff)]}
        title={signOff.title}
        badge={<SignOffBadge state={signOff.state} />}
        verdict={
          page.isOpen
            ? `${signOff.sentByName} asks the client for a decision. This page shows exactly what would be signed.`
            : `${SIGN_OFF_STATE_WORDS[signOff.state]}. This page shows exactly what was decided on.`
        }
      />
      {formProblem !== null && page.refusal !== null ? (
        <Callout tone="breach">{formProblem.message ?? page.refusal}</Callout>
      ) : null}
      <SignOffShown page={page} />
      {page.refusal === null ? (
        <Section title="Your decision">
          {page.onBehalfOf === null ? null : (
            <p className="mb-3">You decide for {page.onBehalfOf}; both names are kept.</p>
          )}
          <DecisionForm
            shownHash={signOff.subjectHash}
            asksPassword={signOff.rule.asksPasswordAgain}
            state={formProblem}
          />
        </Section>
      ) : page.isOpen ? (
        <Callout>{page.refusal}</Callout>
      ) : null}
      <SignOffAround page={page} />
    </>
  )
}
