import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addEnvironment, ensureMayBuildHere } from '#app/commands/environments.ts'
import { EnvironmentForm, PACKAGES_MAX, WHEELS_BYTES_MAX } from '#app/domain/environment.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { WheelField } from '#app/features/environments/wheel-field.tsx'
import { paths } from '#app/paths.ts'
import { engagementFiles, engagementLoader } from '#app/server/page.server.ts'
import { storeWheels } from '#app/server/wheels.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Make an environment · Throughline' }]

export const loader = engagementLoader(({ engagement, engagementId, standing }) =>
  Promise.resolve({ engagementId, refusal: startJobRefusal(standing, engagement.state)?.reason ?? null }),
)

export const action = engagementFiles(
  EnvironmentForm,
  { filesMax: PACKAGES_MAX, bytesMax: WHEELS_BYTES_MAX },
  async ({ ctx, engagementId, form, files, portal }) => {
    await ensureMayBuildHere(ctx, engagementId)
    const versionId = await storeWheels(portal.deps.blobs, engagementId, files, (wheels) =>
      addEnvironment(ctx, { engagementId, form, wheels }),
    )
    return redirect(paths.environmentVersion(engagementId, versionId))
  },
)

export default function NewEnvironment() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Environments', to: paths.environments(engagementId) }]}
        title="Make an environment"
        verdict="A worker unpacks the wheels in a cage, checks them, and imports each module once. Only when all of that works can jobs use it."
      />
      <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
        <TextField name="name" label="Name" placeholder="text-tools" />
        <TextArea name="summary" label="What it is for" rows={2} optional />
        <WheelField />
        <SubmitButton disabledReason={refusal}>Build it</SubmitButton>
      </PostForm>
    </>
  )
}
