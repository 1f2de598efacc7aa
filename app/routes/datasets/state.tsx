import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { moveDataset } from '#app/commands/datasets.ts'
import { DATASET_STATE_WORDS, DATASET_STATES, DatasetMoveForm, datasetMoveRefusal } from '#app/domain/dataset.ts'
import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { DependantsList } from '#app/features/datasets/dependants-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { getDatasetVersion, listDatasetDependants } from '#db/queries/datasets.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'May this data be used? · Throughline' }]

const HINTS = {
  available: 'It may be used again.',
  restricted: 'Who has it may go on; nobody new takes it.',
  withdrawn: 'Nothing measured on it counts any more. It does not come back.',
  erased: 'Its bytes are removed for ever; its digest, dates and the reason stay.',
} as const

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const version = await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(params['datasetVersionId']))
  const refusals = DATASET_STATES.map((to) => ({ to, refusal: datasetMoveRefusal(standing, version.state, to) }))
  return {
    engagementId,
    version: { id: version.id, name: `${version.name} v${String(version.version)}`, state: version.state },
    reachable: refusals.filter(({ refusal }) => refusal === null).map(({ to }) => to),
    refusal: refusals.every(({ refusal }) => refusal !== null) ? (refusals[1]?.refusal?.reason ?? null) : null,
    dependants: await listDatasetDependants(tx, engagementId, version.id),
  }
})

export const action = engagementAction(DatasetMoveForm, async ({ ctx, engagementId, params, form }) => {
  const id = toId<DatasetVersionId>(params['datasetVersionId'])
  await moveDataset(ctx, { engagementId, id, ...form })
  return redirect(paths.dataset(engagementId, id))
})

export default function DatasetState() {
  const { engagementId, version, reachable, refusal, dependants } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Data', to: paths.datasets(engagementId) },
          { label: version.name, to: paths.dataset(engagementId, version.id) },
        ]}
        title={`May ${version.name} be used?`}
        verdict={`It is ${DATASET_STATE_WORDS[version.state].toLowerCase()}. ${String(dependants.length)} things rest on it and are told.`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        {reachable.length === 0 ? null : (
          <RadioGroup
            name="to"
            label="From now on it is"
            options={reachable.map((to) => ({ value: to, label: DATASET_STATE_WORDS[to], hint: HINTS[to] }))}
          />
        )}
        <TextArea name="reason" label="Reason" hint="It stays beside the data for ever." rows={3} />
        <SubmitButton look="danger" disabledReason={refusal}>
          Decide
        </SubmitButton>
      </PostForm>
      <div className="mt-8">
        <Section title="What rests on it">
          <DependantsList engagementId={engagementId} dependants={dependants} />
        </Section>
      </div>
    </>
  )
}
