import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addRetrainingSchedule } from '#app/commands/schedules.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { findRecipe, RECIPES } from '#app/domain/recipe.ts'
import { NO_FIXED_CODE } from '#app/domain/retraining.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import { ScheduleFields } from '#app/features/schedules/schedule-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getEndpoint } from '#db/queries/deployments.ts'
import { findLiveVersion, findTrainingOf } from '#db/queries/retraining-facts.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Retrain again and again · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, standing, actor }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  const live = await findLiveVersion(tx, endpoint.id)
  const training = live === null ? null : await findTrainingOf(tx, live.id)
  return {
    engagementId,
    endpoint,
    timeZone: actor.timeZone,
    recipeKey: training?.recipe ?? null,
    refusal: startJobRefusal(standing, engagement.state)?.reason ?? (training === null ? NO_FIXED_CODE : null),
  }
})

export const action = engagementAction(ScheduleForm, async ({ ctx, engagementId, params, form }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  const scheduleId = await addRetrainingSchedule(ctx, { engagementId, endpointId, form })
  return redirect(paths.schedule(engagementId, scheduleId))
})

export default function ScheduleRetraining() {
  const { engagementId, endpoint, timeZone, recipeKey, refusal } = useLoaderData<typeof loader>()
  const recipe = findRecipe(recipeKey ?? '') ?? RECIPES[0]
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
        ]}
        title="When should it be retrained?"
        verdict="Each time the newest data is checked, a candidate is trained and compared with what is live, and the lead is asked. Nothing goes live by itself."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        {recipe === undefined ? null : <ScheduleFields recipe={recipe} timeZone={timeZone} what="retraining" />}
        <SubmitButton disabledReason={refusal}>Make the schedule</SubmitButton>
      </PostForm>
    </>
  )
}
