import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { reportCriterion } from '#app/commands/suspensions.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ReportForm, reportRefusal } from '#app/domain/suspension.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getCriterion } from '#db/queries/criteria.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Report a figure · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const signed = versions.find((version) => version.state === 'agreed' || version.state === 'suspended')
  return {
    engagementId,
    criterion,
    refusal: reportRefusal(standing, signed?.state ?? 'draft')?.reason ?? null,
  }
})

export const action = engagementAction(ReportForm, async ({ ctx, engagementId, params, form, portal }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  await reportCriterion(ctx, { engagementId, criterionId, origin: portal.deps.publicOrigin, ...form })
  return redirect(paths.criterion(engagementId, criterionId))
})

export default function ReportCriterion() {
  const { engagementId, criterion, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: criterion.key, to: paths.criterion(engagementId, criterion.id) }]}
        title="Report a figure"
        verdict="Under your name. A figure on the wrong side of the floor suspends the agreement at once."
      />
      <PostForm state={problem}>
        <TextField
          name="value"
          label="Value"
          inputMode="decimal"
          hint="In the unit of the criterion; 1 for an attestation."
        />
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField name="windowFrom" label="From" type="date" />
          <TextField name="windowTo" label="To" type="date" />
        </div>
        <TextArea name="note" label="How it was measured" rows={3} optional />
        <SubmitButton disabledReason={refusal}>Report it</SubmitButton>
      </PostForm>
    </>
  )
}
