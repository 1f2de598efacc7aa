import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { changeRefusal, CHANGE_STATE_WORDS, mayReadChange, scopeOf } from '#app/domain/change.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import { AskList } from '#app/features/changes/ask-list.tsx'
import { ScopeList } from '#app/features/changes/scope-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listAsks, listChanges } from '#db/queries/changes.ts'
import { listProblems } from '#db/queries/problems.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Scope · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor }) => {
  const changes = await listChanges(tx, engagementId)
  const agreed = (await listProblems(tx, engagementId)).find((problem) => problem.state === 'agreed')
  const applied = changes.filter((change) => change.state === 'applied').reverse()
  const mayChange = changeRefusal(standing) === null
  return {
    engagementId,
    zone: actor.timeZone,
    targetEnd: engagement.targetEnd,
    isSigned: agreed !== undefined,
    scope: scopeOf(agreed?.content ?? null, applied),
    changes: changes
      .filter((change) => mayReadChange(standing, change.state))
      .map(({ id, number, state, content }) => ({ id, number, state, title: content.title })),
    asks: await listAsks(tx, engagementId),
    mayChange,
    mayAnswer: leadActRefusal(standing) === null,
  }
})

export default function Scope() {
  const page = useLoaderData<typeof loader>()
  const { engagementId } = page
  return (
    <>
      <PageHeader
        title="What is in, and what is not?"
        verdict={
          page.isSigned
            ? `The signed scope, with every change that both sides approved.${page.targetEnd === null ? '' : ` Target end ${page.targetEnd}.`}`
            : 'No problem statement is signed yet, so no scope is agreed.'
        }
        action={
          <>
            <LinkButton to={paths.ask(engagementId)} look={page.mayChange ? 'plain' : 'primary'}>
              Ask for something
            </LinkButton>
            {page.mayChange ? <LinkButton to={paths.newChange(engagementId)}>New change</LinkButton> : null}
            <LinkButton to={paths.deliverables(engagementId)}>Deliverables</LinkButton>
            <LinkButton to={paths.handover(engagementId)}>Hand-over</LinkButton>
          </>
        }
      />
      <ScopeList items={page.scope} />
      <Section title="Changes">
        {page.changes.length === 0 ? (
          <EmptyState title="No change yet">
            A change says what it adds, takes out or pushes, and what it costs. It counts when both sides approved it.
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {page.changes.map((change) => (
              <li key={change.id} className="flex flex-wrap items-baseline gap-x-3">
                <Link to={paths.change(engagementId, change.id)}>
                  Change {change.number}: {change.title}
                </Link>
                <span className="text-sm text-muted">{CHANGE_STATE_WORDS[change.state]}</span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="What was asked for">
        <AskList asks={page.asks} engagementId={engagementId} mayAnswer={page.mayAnswer} zone={page.zone} />
      </Section>
    </>
  )
}
