import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { getStorage, limitStorage } from '#app/commands/storage.ts'
import { limitInGib, limitRefusal, sizeWords, StorageLimitForm } from '#app/domain/storage.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { findStorage } from '#db/queries/storage.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Storage limit · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, portal }) => ({
  engagementId,
  storage: await getStorage(tx, engagementId, portal.deps.blobs),
  own: (await findStorage(tx, engagementId)).limitBytes,
  usual: portal.deps.blobs.quotaBytes,
  refusal: limitRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(StorageLimitForm, async ({ ctx, engagementId, form }) => {
  await limitStorage(ctx, { engagementId, limitBytes: form.limit })
  return redirect(paths.datasets(engagementId))
})

export default function StorageLimit() {
  const { engagementId, storage, own, usual, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data', to: paths.datasets(engagementId) }]}
        title="How much may be stored?"
        verdict={`Files of runs, models, data and deliverables take ${sizeWords(storage.usedBytes)} of ${sizeWords(storage.limitBytes)}. The same bytes count once.`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextField
          name="limit"
          label="Limit in GiB"
          defaultValue={limitInGib(own)}
          hint={`Empty: what the portal is configured with, ${sizeWords(usual)}. Below what is stored, nothing is deleted and nothing more is taken.`}
          optional
        />
        <SubmitButton disabledReason={refusal}>Set the limit</SubmitButton>
      </PostForm>
    </>
  )
}
