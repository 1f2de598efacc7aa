import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { gateOf } from '#app/commands/deployments.ts'
import { approveRetraining, rejectRetraining, RetrainingDecisionForm } from '#app/commands/retrainings.ts'
import type { RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { comparedSentence } from '#app/domain/retraining-comparison.ts'
import { ComparisonList } from '#app/features/retrainings/comparison-list.tsx'
import { RetrainingDecision } from '#app/features/retrainings/decision-form.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { retrainingPage } from '#app/server/retraining-page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Does it go live? · Throughline' }]

export const loader = engagementLoader((door) => retrainingPage(door, gateOf))

export const action = engagementAction(RetrainingDecisionForm, async ({ ctx, engagementId, params, form }) => {
  const retrainingId = toId<RetrainingId>(params['retrainingId'])
  const decide = form.outcome === 'approved' ? approveRetraining : rejectRetraining
  await decide(ctx, { engagementId, retrainingId, shown: form.shown, rationale: form.rationale })
  return redirect(paths.retraining(engagementId, retrainingId))
})

export default function DecideRetraining() {
  const { engagementId, retraining, comparison, isPlain, blocking, decideReason } = useLoaderData<typeof loader>()
  const state = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[
          { label: retraining.slug, to: paths.endpoint(engagementId, retraining.endpointId) },
          { label: 'Retraining', to: paths.retraining(engagementId, retraining.id) },
        ]}
        title="Does the candidate go live?"
        verdict={decideReason ?? comparedSentence(comparison?.rows ?? [])}
      />
      {decideReason === null || state !== null ? (
        <Section title="Your decision">
          <RetrainingDecision
            action={paths.retrainingVerb(engagementId, retraining.id, 'decision')}
            shown={comparison?.hash ?? ''}
            isPlain={isPlain}
            blocking={blocking}
            state={state}
          />
        </Section>
      ) : null}
      {comparison === null ? null : (
        <Section title="Live beside candidate">
          <ComparisonList rows={comparison.rows} engagementId={engagementId} />
        </Section>
      )}
    </>
  )
}
