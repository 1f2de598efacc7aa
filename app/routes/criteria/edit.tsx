import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { editCriterion, previewCriterion } from '#app/commands/criteria.ts'
import { draftHash } from '#app/commands/drafts.ts'
import { draftRefusal, ReviewedForm } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { CRITERION_PARTS, CriterionFields } from '#app/features/criteria/criterion-fields.tsx'
import { ReviewChanges } from '#app/features/criteria/review-changes.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { HiddenField, problemOf } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { FormWithOutline } from '#app/ui/form-parts.tsx'
import { Callout, PageHeader } from '#app/ui/layout.tsx'
import { getCriterion } from '#db/queries/criteria.ts'
import { datasetOptions } from '#db/queries/datasets.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Change a criterion · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const newest = found(versions[0])
  return {
    engagementId,
    key: criterion.key,
    version: newest.version,
    state: newest.state,
    content: newest.content,
    startedFrom: draftHash(newest.content),
    datasets: await datasetOptions(tx, engagementId),
    refusal: draftRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(ReviewedForm, async ({ ctx, engagementId, params, form }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  const { confirmed, startedFrom, ...typed } = form
  if (confirmed !== 'yes') {
    const { changes, runs } = await previewCriterion(ctx, { engagementId, criterionId, form: typed, startedFrom })
    return { changes, runs, typed: { ...typed, startedFrom: startedFrom ?? null } }
  }
  await editCriterion(ctx, { engagementId, criterionId, form: typed, startedFrom })
  return redirect(paths.criterion(engagementId, criterionId))
})

export default function EditCriterion() {
  const { engagementId, key, version, state, content, startedFrom, datasets, refusal } = useLoaderData<typeof loader>()
  const result = useActionData<typeof action>()
  const problem = problemOf(result)
  if (result && 'changes' in result)
    return <ReviewChanges {...result} criterionKey={key} engagementId={engagementId} refusal={refusal} />
  return (
    <>
      <PageHeader title={`Change ${key}`} />
      {state === 'draft' ? null : (
        <Callout tone="risk">
          Version {version} was sent and never changes. Saving makes version {version + 1}, which needs a new signature;
          a signed version stays in force until then, and stays readable for ever.
        </Callout>
      )}
      <PostForm state={problem} isWide>
        <HiddenField name="startedFrom" value={startedFrom} />
        <FormWithOutline parts={CRITERION_PARTS}>
          <CriterionFields content={content} datasets={datasets} />
          <SubmitButton disabledReason={refusal}>See what changes</SubmitButton>
        </FormWithOutline>
      </PostForm>
    </>
  )
}
