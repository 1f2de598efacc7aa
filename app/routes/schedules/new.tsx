import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addSchedule } from '#app/commands/schedules.ts'
import { JOB_PRIORITIES, startJobRefusal } from '#app/domain/job.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import { line } from '#app/domain/text.ts'
import { RecipeChoice } from '#app/features/jobs/recipe-choice.tsx'
import { RecipeFields } from '#app/features/jobs/recipe-fields.tsx'
import { ScheduleFields } from '#app/features/schedules/schedule-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { trainingOf } from '#app/server/training-form.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, SelectField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { datasetOptions } from '#db/queries/datasets.ts'
import { environmentOptions } from '#db/queries/environments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Make a schedule · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor, url }) => ({
  engagementId,
  timeZone: actor.timeZone,
  recipeKey: url.searchParams.get('recipe'),
  environments: await environmentOptions(tx, engagementId),
  datasets: (await datasetOptions(tx, engagementId)).filter((dataset) => dataset.hasBytes),
  refusal: startJobRefusal(standing, engagement.state)?.reason ?? null,
}))

const NewScheduleForm = ScheduleForm.safeExtend({ runName: line(120, 'A name') })

export const action = engagementAction(NewScheduleForm, async ({ ctx, engagementId, form }) => {
  const scheduleId = await addSchedule(ctx, { engagementId, form, job: trainingOf(form, form.runName) })
  return redirect(paths.schedule(engagementId, scheduleId))
})

export default function NewSchedule() {
  const { engagementId, timeZone, recipeKey, datasets, environments, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Schedules', to: paths.schedules(engagementId) }]}
        title="What should start by itself?"
        verdict="It starts with your rights as they are then; when you leave the team, it starts nothing more."
      />
      <RecipeChoice
        hasData={datasets.length > 0}
        recipeKey={problem?.values['recipe'] ?? recipeKey}
        linkTo={(key) => paths.newSchedule(engagementId, key)}
      >
        {(recipe) => (
          <PostForm state={problem}>
            <input type="hidden" name="recipe" value={recipe.key} />
            <ScheduleFields recipe={recipe} timeZone={timeZone} />
            <h2 className="mt-8 mb-3 text-lg font-semibold">The job that it starts</h2>
            <RecipeFields recipe={recipe} datasets={datasets} environments={environments} />
            <SelectField
              name="priority"
              label="Priority"
              options={JOB_PRIORITIES.map((value) => ({
                value,
                label: value.charAt(0).toUpperCase() + value.slice(1),
              }))}
              defaultValue="normal"
            />
            <SubmitButton disabledReason={refusal}>Make the schedule</SubmitButton>
          </PostForm>
        )}
      </RecipeChoice>
    </>
  )
}
