import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addEnvironmentVersion, ensureMayBuildHere } from '#app/commands/environments.ts'
import { EnvironmentVersionForm, PACKAGES_MAX, WHEELS_BYTES_MAX } from '#app/domain/environment.ts'
import type { EnvironmentVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { WheelField } from '#app/features/environments/wheel-field.tsx'
import { paths } from '#app/paths.ts'
import { engagementFiles, engagementLoader } from '#app/server/page.server.ts'
import { storeWheels } from '#app/server/wheels.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { CheckGroup, problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getEnvironmentVersion, listPackages } from '#db/queries/environments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Make the next version · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, standing }) => {
  const from = await getEnvironmentVersion(tx, engagementId, toId<EnvironmentVersionId>(params['environmentVersionId']))
  return {
    engagementId,
    from,
    packages: await listPackages(tx, from.id),
    refusal: startJobRefusal(standing, engagement.state)?.reason ?? null,
  }
})

export const action = engagementFiles(
  EnvironmentVersionForm,
  { filesMax: PACKAGES_MAX, bytesMax: WHEELS_BYTES_MAX },
  async ({ ctx, engagementId, params, form, files, portal }) => {
    await ensureMayBuildHere(ctx, engagementId)
    const from = toId<EnvironmentVersionId>(params['environmentVersionId'])
    const versionId = await storeWheels(portal.deps.blobs, engagementId, files, (wheels) =>
      addEnvironmentVersion(ctx, { engagementId, from, form, wheels }),
    )
    return redirect(paths.environmentVersion(engagementId, versionId))
  },
)

export default function NextEnvironmentVersion() {
  const { engagementId, from, packages, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Environments', to: paths.environments(engagementId) },
          { label: from.label, to: paths.environmentVersion(engagementId, from.id) },
        ]}
        title={`Make the next version of ${from.environmentName}`}
        verdict={`It starts from ${from.label}. What runs in a version now stays on it.`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
        <CheckGroup
          name="keep"
          label="Packages that stay"
          hint="A new wheel of the same name takes the place of one."
          options={packages.map(({ name, version }) => ({
            name: `keep:${name}`,
            label: `${name} ${version}`,
            isChecked: true,
          }))}
        />
        <TextField name="note" label="What changes" optional />
        <WheelField isOptional />
        <SubmitButton disabledReason={refusal}>Build it</SubmitButton>
      </PostForm>
    </>
  )
}
