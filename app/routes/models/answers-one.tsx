import type { MetaFunction } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { signatureOf } from '#app/commands/signatures.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import { askRefusal, beyondLearned, readRow } from '#app/domain/prediction-batch.ts'
import { AnswerFields, fieldOf } from '#app/features/deployments/answer-fields.tsx'
import { paths } from '#app/paths.ts'
import { askOne, endpointOf } from '#app/server/endpoint-page.server.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Ask about one case · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, portal, standing }) => {
  const { endpoint, version } = await endpointOf(tx, engagementId, params['endpointId'])
  return {
    engagementId,
    endpoint,
    signature: version === null ? null : await signatureOf(portal.deps.blobs, engagementId, version),
    refusal: askRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(
  z.looseObject({}),
  async ({ ctx, engagementId, params, form, portal, standing }) => {
    ensure(askRefusal(standing))
    const { blobs, database } = portal.deps
    const { live, version } = await database.as({ personId: ctx.actor.personId }, (tx) =>
      endpointOf(tx, engagementId, params['endpointId']),
    )
    if (live === null || version === null) throw new AppError('refused', 'Nothing is live at this address.')
    const signature = found(await signatureOf(blobs, engagementId, version))
    const typed = Object.fromEntries(signature.inputs.map(({ name }) => [name, textOf(form[fieldOf(name)])]))
    const read = readRow(signature, typed)
    if ('errors' in read) {
      const fields = Object.fromEntries(Object.entries(read.errors).map(([name, error]) => [fieldOf(name), error]))
      throw new AppError('invalid', 'Some of it cannot be asked about.', { fields })
    }
    const beyond = beyondLearned(signature, read.row)
    return { ...(await askOne(portal.deps, live.id, read.row)), asked: typed, beyond }
  },
)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export default function AskOne() {
  const { engagementId, endpoint, signature, refusal } = useLoaderData<typeof loader>()
  const result = useActionData<typeof action>()
  const answered = result !== undefined && 'requestId' in result ? result : null
  const kept =
    answered === null
      ? problemOf(result)
      : {
          errors: {},
          message: null,
          values: Object.fromEntries(Object.entries(answered.asked).map(([name, text]) => [fieldOf(name), text])),
        }
  return (
    <>
      <PageHeader
        crumbs={[
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
          { label: `Ask ${endpoint.modelName}`, to: paths.answers(engagementId, endpoint.id) },
        ]}
        title="Ask about one case"
      />
      {answered === null ? null : (
        <Callout tone="accent">
          <p role="status" className="text-lg font-semibold">
            The answer is {[answered.answer].flat().map(formatNumber).join(', ')}
          </p>
          {signature?.outputs[0]?.description ? <p>{signature.outputs[0].description}</p> : null}
          {answered.beyond.length === 0 ? null : (
            <p className="mt-2">Nobody measured how well it answers here: {answered.beyond.join(' ')}</p>
          )}
          <div className="mt-3">
            <PostForm state={null} action={paths.truth(engagementId, endpoint.id)}>
              <input type="hidden" name="requestId" value={answered.requestId} />
              <TextField
                name="value"
                label="What turned out to be true"
                hint="As soon as you know: 1 or 0 for yes and no."
                inputMode="decimal"
              />
              <SubmitButton look="plain">Say so</SubmitButton>
            </PostForm>
          </div>
        </Callout>
      )}
      {signature === null ? (
        <EmptyState title="Nothing answers here">No model is live at this address.</EmptyState>
      ) : (
        <PostForm key={answered?.requestId ?? ''} state={kept}>
          <AnswerFields signature={signature} />
          <SubmitButton disabledReason={refusal}>Ask</SubmitButton>
        </PostForm>
      )}
    </>
  )
}
