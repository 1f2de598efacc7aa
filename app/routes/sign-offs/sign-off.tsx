import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { changesBetween } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { SIGN_OFF_STATE_WORDS, SignForm, signRefusal } from '#app/domain/sign-off.ts'
import { CriterionTerms } from '#app/features/criteria/criterion-terms.tsx'
import { DecisionForm } from '#app/features/sign-offs/decision-form.tsx'
import { DecisionList } from '#app/features/sign-offs/decision-list.tsx'
import { CriterionDocument, ProblemDocument } from '#app/features/sign-offs/document-view.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { Badge } from '#app/ui/badge.tsx'
import { Callout, Card, Code, PageHeader, Section } from '#app/ui/layout.tsx'
import { Redline } from '#app/ui/redline.tsx'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listProblems } from '#db/queries/problems.ts'
import { getSignOff, listDecisionsOn } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Read and decide · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, actor }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const versions = await listCriterionVersions(tx, engagementId)
  const criterion = versions.find((version) => version.id === signOff.subjectId)
  const before =
    criterion &&
    versions.find(
      (version) => version.criterionId === criterion.criterionId && version.version === criterion.version - 1,
    )
  const problem = criterion
    ? undefined
    : found(
        (await listProblems(tx, engagementId)).find((row) => row.id === signOff.subjectId),
        'This sign-off',
      )
  return {
    engagementId,
    zone: actor.timeZone,
    signOff,
    criterion: criterion ? { id: criterion.criterionId, content: criterion.content, version: criterion.version } : null,
    problem: problem ? { content: problem.content } : null,
    changes:
      criterion && before
        ? changesBetween(before.content, criterion.content).map((change) => ({
            ...change,
            note: change.isMaterial ? 'Material' : 'Editorial',
          }))
        : [],
    refusal: signRefusal(standing, signOff.state)?.reason ?? null,
    decisions: await listDecisionsOn(tx, engagementId, signOff.id),
  }
})

export const action = engagementAction(SignForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  const decisionId = await decideSignOff(ctx, { ...form, engagementId, signOffId, origin: portal.deps.publicOrigin })
  return redirect(paths.decision(engagementId, decisionId))
})

export default function SignOff() {
  const { engagementId, zone, signOff, criterion, problem, changes, refusal, decisions } =
    useLoaderData<typeof loader>()
  const formProblem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Definition', to: paths.definition(engagementId) }]}
        title={signOff.title}
        badge={
          <Badge
            tone={signOff.state === 'approved' ? 'met' : signOff.state === 'awaiting_approval' ? 'accent' : 'unknown'}
          >
            {SIGN_OFF_STATE_WORDS[signOff.state]}
          </Badge>
        }
        verdict={
          signOff.state === 'awaiting_approval'
            ? `${signOff.sentByName} asks the client for a decision. This page shows exactly what would be signed.`
            : 'This page shows exactly what was decided on.'
        }
      />
      {changes.length === 0 ? null : (
        <Section title="What changed since the version before">
          <Redline changes={changes} />
        </Section>
      )}
      <Section title="What is signed">
        <Card>
          {criterion === null ? null : (
            <CriterionDocument content={criterion.content} terms={<CriterionTerms content={criterion.content} />} />
          )}
          {problem === null ? null : <ProblemDocument content={problem.content} />}
          <p className="mt-4 text-sm text-muted">
            SHA-256 of this text: <Code>{signOff.subjectHash}</Code>
          </p>
        </Card>
      </Section>
      <Section title="Decisions">
        <DecisionList decisions={decisions} engagementId={engagementId} zone={zone} />
      </Section>
      {refusal === null ? (
        <Section title="Your decision">
          <DecisionForm shownHash={signOff.subjectHash} state={formProblem} />
        </Section>
      ) : signOff.state === 'awaiting_approval' ? (
        <Callout>{refusal}</Callout>
      ) : null}
      {criterion === null ? null : (
        <p>
          <Link to={paths.criterion(engagementId, criterion.id)}>All versions of this criterion</Link>
        </p>
      )}
    </>
  )
}
