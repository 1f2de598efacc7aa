import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { editCriterion } from '#app/commands/criteria.ts'
import { CriterionForm, draftRefusal } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { CriterionFields } from '#app/features/criteria/criterion-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader } from '#app/ui/layout.tsx'
import { getCriterion } from '#db/queries/criteria.ts'
import { datasetOptions } from '#db/queries/datasets.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Change a criterion · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const newest = found(versions[0])
  return {
    key: criterion.key,
    version: newest.version,
    state: newest.state,
    content: newest.content,
    datasets: await datasetOptions(tx, engagementId),
    refusal: draftRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(CriterionForm, async ({ ctx, engagementId, params, form }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  await editCriterion(ctx, { engagementId, criterionId, form })
  return redirect(paths.criterion(engagementId, criterionId))
})

export default function EditCriterion() {
  const { key, version, state, content, datasets, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader title={`Change ${key}`} />
      {state === 'draft' ? null : (
        <Callout tone="risk">
          Version {version} was sent and never changes. Saving makes version {version + 1}, which needs a new signature;
          a signed version stays in force until then, and stays readable for ever.
        </Callout>
      )}
      <PostForm state={problem}>
        <CriterionFields content={content} datasets={datasets} />
        <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
      </PostForm>
    </>
  )
}
