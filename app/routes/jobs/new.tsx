import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { requestTraining } from '#app/commands/jobs.ts'
import { JOB_PRIORITIES, startJobRefusal } from '#app/domain/job.ts'
import { RECIPES } from '#app/domain/recipe.ts'
import { line } from '#app/domain/text.ts'
import { RecipeFields } from '#app/features/jobs/recipe-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { trainingOf } from '#app/server/training-form.ts'
import { problemOf, SelectField } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { datasetOptions } from '#db/queries/datasets.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Start a training job · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, url }) => ({
  engagementId,
  recipeKey: url.searchParams.get('recipe'),
  datasets: (await datasetOptions(tx, engagementId)).filter((dataset) => dataset.hasBytes),
  refusal: startJobRefusal(standing)?.reason ?? null,
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
  const { engagementId, recipeKey, datasets, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const recipe = RECIPES.find(({ key }) => key === (problem?.values['recipe'] ?? recipeKey))
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Jobs', to: paths.jobs(engagementId) }]}
        title="Start a training job"
        verdict="It runs in a cage on a worker, without network but for the tracking API, and goes on when you leave this page."
      />
      {datasets.length === 0 ? (
        <EmptyState title="No data to train on">A job needs datasets whose bytes are stored here.</EmptyState>
      ) : recipe === undefined ? (
        <ul className="grid gap-3 sm:grid-cols-2">
          {RECIPES.map(({ key, title, summary }) => (
            <li key={key} className="rounded-lg border border-line bg-surface p-4">
              <Link to={paths.newJob(engagementId, key)} className="font-semibold">
                {title}
              </Link>
              <p className="mt-1 text-muted">{summary}</p>
            </li>
          ))}
        </ul>
      ) : (
        <PostForm state={problem}>
          <input type="hidden" name="recipe" value={recipe.key} />
          <RecipeFields recipe={recipe} datasets={datasets} />
          <SelectField
            name="priority"
            label="Priority"
            hint="Among the jobs of this engagement. Between engagements workers are shared out fairly."
            options={JOB_PRIORITIES.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))}
            defaultValue="normal"
          />
          <SubmitButton disabledReason={refusal}>Start the job</SubmitButton>
        </PostForm>
      )}
    </>
  )
}
