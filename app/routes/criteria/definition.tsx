import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import type { VERSION_STATE_WORDS } from '#app/domain/criterion.ts'
import { criterionLine, draftRefusal, sendRefusal } from '#app/domain/criterion.ts'
import { seatSide } from '#app/domain/engagement.ts'
import { ProblemView } from '#app/features/criteria/problem-view.tsx'
import { VersionBadge } from '#app/features/version-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { Callout, Card, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listProblems } from '#db/queries/problems.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Definition · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing }) => {
  const [problems, versions, seats, signOffs] = [
    await listProblems(tx, engagementId),
    await listCriterionVersions(tx, engagementId),
    await listSeats(tx, engagementId),
    await listSignOffs(tx, engagementId),
  ]
  const clientAccountableCount = seats.filter(
    (seat) => seat.personId !== null && seat.raci === 'A' && seatSide(seat.function) === 'client',
  ).length
  const openSignOff = (subjectId: string) =>
    signOffs.find((signOff) => signOff.subjectId === subjectId && signOff.state === 'awaiting_approval')?.id ?? null
  const newest = [...new Map([...versions].reverse().map((version) => [version.criterionId, version])).values()]
  const [problem] = problems
  return {
    engagementId,
    draftReason: draftRefusal(standing)?.reason ?? null,
    problem: problem
      ? {
          version: problem.version,
          state: problem.state,
          content: problem.content,
          signOffId: openSignOff(problem.id),
          sendReason: sendRefusal(standing, problem.state, { clientAccountableCount })?.reason ?? null,
        }
      : null,
    criteria: newest.map((version) => ({
      id: version.criterionId,
      key: version.key,
      name: version.content.name,
      version: version.version,
      state: version.state,
      line: criterionLine(version.content),
      signOffId: openSignOff(version.id),
      sendReason: sendRefusal(standing, version.state, { clientAccountableCount })?.reason ?? null,
    })),
  }
})

export default function Definition() {
  const { engagementId, draftReason, problem, criteria } = useLoaderData<typeof loader>()
  const unsigned =
    criteria.filter((criterion) => criterion.state !== 'agreed').length + (problem?.state === 'agreed' ? 0 : 1)
  return (
    <>
      <PageHeader
        title="What was agreed?"
        verdict={
          problem === null && criteria.length === 0
            ? 'Nothing was sent for signature yet.'
            : unsigned === 0
              ? 'The problem and every criterion are signed.'
              : `${String(unsigned)} ${unsigned === 1 ? 'part is' : 'parts are'} not signed in ${unsigned === 1 ? 'its' : 'their'} newest version.`
        }
        action={
          draftReason === null ? (
            <LinkButton to={paths.newCriterion(engagementId)} look="primary">
              New criterion
            </LinkButton>
          ) : undefined
        }
      />
      {problem === null ? (
        <Section title="Problem statement">
          <EmptyState title="The problem is being written down">
            The consultants write it first. It is shown here when it is sent for signature, and those who are asked get
            a mail.
          </EmptyState>
        </Section>
      ) : (
        <Section
          title={`Problem statement, version ${String(problem.version)}`}
          aside={
            <span className="flex items-center gap-3">
              <Link to={paths.problemVersions(engagementId)}>All versions</Link>
              <VersionBadge state={problem.state} />
            </span>
          }
        >
          <Card>
            <ProblemView content={problem.content} />
            <SendRow
              state={problem.state}
              signOffPath={problem.signOffId === null ? null : paths.signOff(engagementId, problem.signOffId)}
              sendPath={paths.problemSend(engagementId)}
              sendReason={problem.sendReason}
              editPath={draftReason === null ? paths.problemEdit(engagementId) : null}
            />
          </Card>
        </Section>
      )}
      <Section title="Criteria of success">
        {criteria.length === 0 ? (
          <EmptyState
            title="No criterion yet"
            action={
              draftReason === null ? (
                <LinkButton to={paths.newCriterion(engagementId)} look="primary">
                  Write the first one
                </LinkButton>
              ) : undefined
            }
          >
            Without a signed criterion nothing can be met, and nothing can be deployed.
          </EmptyState>
        ) : (
          <ul className="grid gap-3">
            {criteria.map((criterion) => (
              <li key={criterion.id} className="rounded-lg border border-line bg-surface p-4">
                <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <h3 className="font-semibold">
                    <Link to={paths.criterion(engagementId, criterion.id)}>
                      {criterion.key} {criterion.name}
                    </Link>
                  </h3>
                  <span className="text-sm text-muted">version {criterion.version}</span>
                  <VersionBadge state={criterion.state} />
                </div>
                <p className="mt-1 text-muted">{criterion.line}</p>
                <SendRow
                  state={criterion.state}
                  signOffPath={criterion.signOffId === null ? null : paths.signOff(engagementId, criterion.signOffId)}
                  sendPath={paths.criterionSend(engagementId, criterion.id)}
                  sendReason={criterion.sendReason}
                  editPath={draftReason === null ? paths.criterionEdit(engagementId, criterion.id) : null}
                />
              </li>
            ))}
          </ul>
        )}
      </Section>
      {draftReason === null ? (
        <p className="text-sm">
          <Link to={paths.signingRule(engagementId)}>How things are signed here</Link>
        </p>
      ) : (
        <Callout>{draftReason}</Callout>
      )}
    </>
  )
}

function SendRow({
  state,
  signOffPath,
  sendPath,
  sendReason,
  editPath,
}: {
  state: keyof typeof VERSION_STATE_WORDS
  signOffPath: string | null
  sendPath: string
  sendReason: string | null
  editPath: string | null
}) {
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3">
      {signOffPath === null ? null : <LinkButton to={signOffPath}>Read what is to be signed</LinkButton>}
      {editPath === null || state === 'in_review' ? null : <LinkButton to={editPath}>Change</LinkButton>}
      {editPath === null || (state !== 'draft' && state !== 'changes_requested') ? null : (
        <Form method="post" action={sendPath}>
          <SubmitButton disabledReason={sendReason}>Send for signature</SubmitButton>
        </Form>
      )}
    </div>
  )
}
