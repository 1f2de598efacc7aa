import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addCriterion } from '#app/commands/criteria.ts'
import { CriterionForm, draftRefusal } from '#app/domain/criterion.ts'
import { CRITERION_PARTS, CriterionFields } from '#app/features/criteria/criterion-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { FormWithOutline } from '#app/ui/form-parts.tsx'
import { Callout, PageHeader } from '#app/ui/layout.tsx'
import { datasetOptions } from '#db/queries/datasets.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'New criterion · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing }) => ({
  datasets: await datasetOptions(tx, engagementId),
  refusal: draftRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(CriterionForm, async ({ ctx, engagementId, form }) =>
  redirect(paths.criterion(engagementId, await addCriterion(ctx, { engagementId, form }))),
)

export default function NewCriterion() {
  const { datasets, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        title="What counts as success?"
        verdict="A draft first; you see it as the client will before you send it."
      />
      {datasets.length > 0 ? null : (
        <Callout tone="risk">
          This engagement knows no dataset yet, and a criterion must name one. Log one with a run (MLflow’s log_input),
          then come back.
        </Callout>
      )}
      <PostForm state={problem} isWide>
        <FormWithOutline parts={CRITERION_PARTS}>
          <CriterionFields datasets={datasets} />
          <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
        </FormWithOutline>
      </PostForm>
    </>
  )
}
