import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { requestTraining } from '#app/commands/jobs.ts'
import { JOB_PRIORITIES, startJobRefusal } from '#app/domain/job.ts'
import { line } from '#app/domain/text.ts'
import { RecipeChoice } from '#app/features/jobs/recipe-choice.tsx'
import { RecipeFields } from '#app/features/jobs/recipe-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { trainingOf } from '#app/server/training-form.ts'
import { problemOf, SelectField } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { datasetOptions } from '#db/queries/datasets.ts'
import { environmentOptions } from '#db/queries/environments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Start a training job · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, url }) => ({
  engagementId,
  recipeKey: url.searchParams.get('recipe'),
  environments: await environmentOptions(tx, engagementId),
  datasets: (await datasetOptions(tx, engagementId)).filter((dataset) => dataset.hasBytes),
  refusal: startJobRefusal(standing, engagement.state)?.reason ?? null,
}))

const JobForm = z.looseObject({
  recipe: z.string(),
  runName: line(120, 'A name'),
  requestKey: z.uuid(),
  priority: z.enum(JOB_PRIORITIES).default('normal'),
})

export const action = engagementAction(JobForm, async ({ ctx, engagementId, form }) => {
  const jobId = await requestTraining(ctx, {
    engagementId,
    ...trainingOf(form, form.runName),
    idempotencyKey: form.requestKey,
    priority: form.priority,
  })
  return redirect(paths.job(engagementId, jobId))
})

export default function NewJob() {
  const { engagementId, recipeKey, datasets, environments, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Jobs', to: paths.jobs(engagementId) }]}
        title="Start a training job"
        verdict="It runs in a cage on a worker, without network but for the tracking API, and goes on when you leave this page."
      />
      <RecipeChoice
        hasData={datasets.length > 0}
        recipeKey={problem?.values['recipe'] ?? recipeKey}
        linkTo={(key) => paths.newJob(engagementId, key)}
      >
        {(recipe) => (
          <PostForm state={problem}>
            <input type="hidden" name="recipe" value={recipe.key} />
            <RecipeFields recipe={recipe} datasets={datasets} environments={environments} />
            <SelectField
              name="priority"
              label="Priority"
              hint="Among the jobs of this engagement. Between engagements workers are shared out fairly."
              options={JOB_PRIORITIES.map((value) => ({
                value,
                label: value.charAt(0).toUpperCase() + value.slice(1),
              }))}
              defaultValue="normal"
            />
            <SubmitButton disabledReason={refusal}>Start the job</SubmitButton>
          </PostForm>
        )}
      </RecipeChoice>
    </>
  )
}
