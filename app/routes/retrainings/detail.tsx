import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import { gateOf } from '#app/commands/deployments.ts'
import { comparedSentence } from '#app/domain/retraining-comparison.ts'
import { ComparisonList, ShownList } from '#app/features/retrainings/comparison-list.tsx'
import { RetrainingDecision } from '#app/features/retrainings/decision-form.tsx'
import { RetrainingFacts } from '#app/features/retrainings/retraining-facts.tsx'
import { RetrainingSteps } from '#app/features/retrainings/retraining-steps.tsx'
import { RetrainingBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { retrainingPage } from '#app/server/retraining-page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Retraining · Throughline' }]

const REFRESH_MS = 2000

export const loader = engagementLoader((door) => retrainingPage(door, gateOf))

export default function Retraining() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, retraining, comparison, now, zone } = page
  const { revalidate } = useRevalidator()
  const isMoving = page.isOpen && retraining.state !== 'awaiting_approval'
  useEffect(() => {
    if (!isMoving) return
    const timer = setInterval(revalidate, REFRESH_MS)
    return () => {
      clearInterval(timer)
    }
  }, [isMoving, revalidate])
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: retraining.slug, to: paths.endpoint(engagementId, retraining.endpointId) },
        ]}
        title={`Retraining of ${retraining.modelName}`}
        badge={<RetrainingBadge state={retraining.state} />}
        verdict={retraining.reason}
        action={
          page.mayCancel ? (
            <Form method="post" action={paths.retrainingVerb(engagementId, retraining.id, 'cancel')}>
              <SubmitButton look="plain">Cancel it</SubmitButton>
            </Form>
          ) : undefined
        }
      />
      {retraining.shown === null ? null : (
        <Section title="What was decided on" aside={comparedSentence(retraining.shown)}>
          <ShownList rows={retraining.shown} />
        </Section>
      )}
      {comparison === null ? null : (
        <Section
          title="Live beside candidate"
          {...(retraining.state === 'awaiting_approval' ? {} : { aside: comparedSentence(comparison.rows) })}
        >
          {page.isOpen ? null : (
            <p className="prose-width mb-3 text-muted">Nobody decided on it. The verdicts shown are those of now.</p>
          )}
          <ComparisonList rows={comparison.rows} engagementId={engagementId} />
        </Section>
      )}
      {comparison === null || retraining.state !== 'awaiting_approval' ? null : (
        <Section title="Does the candidate go live?">
          {page.decideReason === null ? (
            <RetrainingDecision
              action={paths.retrainingVerb(engagementId, retraining.id, 'decision')}
              shown={comparison.hash}
              isPlain={page.isPlain}
              blocking={page.blocking}
              state={null}
            />
          ) : (
            <p className="prose-width text-muted">{page.decideReason} Nothing goes live by itself.</p>
          )}
        </Section>
      )}
      <Section title="What goes in">
        <RetrainingFacts retraining={retraining} job={page.job} engagementId={engagementId} />
      </Section>
      <Section title="How it went">
        <RetrainingSteps moves={page.moves} now={now} zone={zone} />
      </Section>
      <p>
        <Link to={paths.endpoint(engagementId, retraining.endpointId)}>
          All revisions and retrainings of the endpoint
        </Link>
      </p>
    </>
  )
}
