import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { waiveReadiness } from '#app/commands/waivers.ts'
import { readinessGate, WaiverForm, waiverRefusal } from '#app/domain/readiness.ts'
import { ReadinessList } from '#app/features/engagements/readiness-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { gatherReadiness } from '#db/queries/readiness.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Waive the readiness gate · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, now }) => {
  const facts = await gatherReadiness(tx, engagementId, now)
  const missingCount = facts.seats.filter((seat) => seat.required && seat.state !== 'accepted').length
  const refusal = waiverRefusal(standing, engagement.state, { missingCount, isWaived: facts.isWaived })
  return { engagementId, gate: readinessGate(facts), refusal: refusal?.reason ?? null }
})

export const action = engagementAction(WaiverForm, async ({ ctx, engagementId, form }) => {
  await waiveReadiness(ctx, { engagementId, ...form })
  return redirect(paths.table(engagementId))
})

export default function Waiver() {
  const { engagementId, gate, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'People', to: paths.table(engagementId) }]}
        title="Begin without everybody at the table?"
        verdict="A waiver is a decision of the record. It stands on every page of the engagement until every seat is accepted."
      />
      <Section title="What is missing">
        <ReadinessList items={gate.filter((item) => !item.isMet)} />
      </Section>
      <PostForm state={problem}>
        <TextArea name="reason" label="Reason" hint="Why it cannot wait." rows={3} />
        <TextArea name="risk" label="Risk" hint="What may go wrong because of it." rows={3} />
        <TextField name="expiresOn" label="Until" type="date" />
        <SubmitButton disabledReason={refusal}>Waive the gate</SubmitButton>
      </PostForm>
    </>
  )
}
