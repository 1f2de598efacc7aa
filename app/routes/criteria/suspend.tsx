import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { suspendCriterion } from '#app/commands/suspensions.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { SUSPENSION_REASONS, SUSPENSION_WORDS, SuspendForm, suspendRefusal } from '#app/domain/suspension.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getCriterion } from '#db/queries/criteria.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Suspend an agreement · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const signed = versions.find((version) => version.state === 'agreed' || version.state === 'suspended')
  return {
    engagementId,
    criterion,
    refusal: suspendRefusal(standing, signed?.state ?? 'draft')?.reason ?? null,
  }
})

export const action = engagementAction(SuspendForm, async ({ ctx, engagementId, params, form, portal }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  await suspendCriterion(ctx, { engagementId, criterionId, origin: portal.deps.publicOrigin, ...form })
  return redirect(paths.criterion(engagementId, criterionId))
})

export default function SuspendCriterion() {
  const { engagementId, criterion, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: criterion.key, to: paths.criterion(engagementId, criterion.id) }]}
        title="Suspend an agreement"
        verdict="It counts again only when who is accountable at the client decides so. Everybody who signs or works hears of it."
      />
      <PostForm state={problem}>
        <RadioGroup
          name="reason"
          label="Because"
          options={SUSPENSION_REASONS.map((value) => ({ value, label: SUSPENSION_WORDS[value] }))}
        />
        <TextArea name="evidence" label="Evidence" hint="What shows it, and where it can be read." rows={4} />
        <SubmitButton disabledReason={refusal}>Suspend it</SubmitButton>
      </PostForm>
    </>
  )
}
