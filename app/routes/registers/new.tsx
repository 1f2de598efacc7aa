import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addRegisterItem } from '#app/commands/registers.ts'
import { LEVELS, REGISTER_KIND_WORDS, REGISTER_KINDS, RegisterForm, registerRefusal } from '#app/domain/register.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, SelectField, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listCriterionVersions } from '#db/queries/criteria.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Write one down · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing }) => ({
  engagementId,
  criteria: [...new Map((await listCriterionVersions(tx, engagementId)).map((row) => [row.key, row.content.name]))].map(
    ([key, name]) => ({ key, name }),
  ),
  refusal: registerRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(RegisterForm, async ({ ctx, engagementId, form }) => {
  await addRegisterItem(ctx, { engagementId, form })
  return redirect(paths.registers(engagementId))
})

export default function NewRegisterItem() {
  const { engagementId, criteria, refusal } = useLoaderData<typeof loader>()
  const levels = LEVELS.map((value) => ({ value, label: value }))
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Registers', to: paths.registers(engagementId) }]}
        title="What should not be forgotten?"
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <RadioGroup
          name="kind"
          label="It is"
          defaultValue="risk"
          options={REGISTER_KINDS.map((value) => ({ value, label: REGISTER_KIND_WORDS[value].one }))}
        />
        <TextField name="title" label="Title" />
        <TextArea name="body" label="Description" rows={3} optional />
        <div className="grid gap-x-4 sm:grid-cols-2">
          <SelectField name="likelihood" label="Likelihood" defaultValue="medium" options={levels} />
          <SelectField name="impact" label="Impact" defaultValue="medium" options={levels} />
        </div>
        <TextField name="due" label="Due" type="date" optional />
        <TextField
          name="restingOn"
          label="Criteria that rest on it"
          hint={`Keys with commas between${criteria.length === 0 ? '' : `: ${criteria.map(({ key, name }) => `${key} ${name}`).join(', ')}`}. When an assumption is refuted, they are suspended.`}
          optional
        />
        <RadioGroup
          name="audience"
          label="Who sees it"
          defaultValue="team"
          options={[
            { value: 'team', label: 'The team only' },
            { value: 'shared', label: 'The team and the client' },
          ]}
        />
        <SubmitButton disabledReason={refusal}>Write it down</SubmitButton>
      </PostForm>
    </>
  )
}
