import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { acknowledgeExplainer } from '#app/commands/comments.ts'
import { EXPLAINER } from '#app/domain/explainer.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader, Section } from '#app/ui/layout.tsx'
import { hasAcknowledged } from '#db/queries/comments.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'How this will go · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, actor }) => ({
  hasRead: await hasAcknowledged(tx, engagementId, {
    personId: actor.personId,
    page: EXPLAINER.page,
    pageVersion: EXPLAINER.version,
  }),
}))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId }) => {
  await acknowledgeExplainer(ctx, { engagementId })
  return redirect(paths.explainer(engagementId))
})

export default function Explainer() {
  const { hasRead } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        title="How will this go?"
        verdict="Three minutes, without the field’s words where there are others."
      />
      {EXPLAINER.sections.map((section) => (
        <Section key={section.title} title={section.title}>
          <ul className="prose-width grid list-disc gap-2 pl-5">
            {section.items.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        </Section>
      ))}
      {hasRead ? (
        <Callout tone="met">You have confirmed that you read this.</Callout>
      ) : (
        <PostForm state={problem}>
          <SubmitButton>I have read this</SubmitButton>
        </PostForm>
      )}
      <div className="mt-8">
        <Section title="Words">
          <p className="prose-width">
            Words of the field are underlined with dots and explain themselves.{' '}
            <Link to={paths.glossary()}>All of them</Link> stand on one page.
          </p>
        </Section>
      </div>
    </>
  )
}
