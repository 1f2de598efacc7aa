import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { changesBetween, draftRefusal, plainWords, sendRefusal } from '#app/domain/criterion.ts'
import { isTeam, seatSide } from '#app/domain/engagement.ts'
import { glossaryEntry } from '#app/domain/glossary.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { simulateCriterion } from '#app/commands/judging.ts'
import { reportRefusal, suspendRefusal } from '#app/domain/suspension.ts'
import { satisfies } from '#app/domain/verdict.ts'
import { ComparePicker } from '#app/features/criteria/compare-picker.tsx'
import { ReportList } from '#app/features/criteria/report-list.tsx'
import { Simulation } from '#app/features/criteria/simulation.tsx'
import { CriterionTerms } from '#app/features/criterion-terms.tsx'
import { VerdictTable } from '#app/features/criteria/verdict-table.tsx'
import { VersionList } from '#app/features/criteria/version-list.tsx'
import { Term } from '#app/features/term.tsx'
import { Threads } from '#app/features/threads.tsx'
import { VersionBadge } from '#app/features/version-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { noted, pickedVersions } from '#app/server/picked-versions.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { Card, Code, PageHeader, Section } from '#app/ui/layout.tsx'
import { Redline } from '#app/ui/redline.tsx'
import { listThreads } from '#db/queries/comments.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { listCriterionReports } from '#db/queries/criterion-reports.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import { listSignOffsOf } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Criterion · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, url, actor }) => {
  const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(params['criterionId']))
  const { shown, before } = pickedVersions(versions, url)
  const isDraft = shown.state === 'draft' || shown.state === 'changes_requested' || shown.state === 'in_review'
  const runs = isDraft ? await simulateCriterion(tx, engagementId, shown.content) : []
  const seats = await listSeats(tx, engagementId)
  const signOffs = await listSignOffsOf(tx, engagementId, shown.id)
  const isNewest = shown.version === versions[0]?.version
  return {
    engagementId,
    zone: actor.timeZone,
    threads: await listThreads(tx, engagementId, criterion.id, isTeam(standing)),
    criterion,
    isNewest,
    shown,
    words: plainWords(shown.content),
    versions: versions.map(({ version, state, createdAt, agreedAt, endedAt, contentHash }) => ({
      version,
      state,
      createdAt,
      agreedAt,
      endedAt,
      contentHash,
    })),
    against: before?.version ?? null,
    runs,
    metCount: runs.filter(({ verdict }) => satisfies(shown.content, verdict.verdict)).length,
    reports: await listCriterionReports(tx, engagementId, shown.id),
    maySuspend: suspendRefusal(standing, shown.state) === null,
    mayReport: reportRefusal(standing, shown.state) === null,
    changes: before ? changesBetween(before.content, shown.content).map(noted) : [],
    signOffId: signOffs.find((signOff) => signOff.state !== 'voided')?.id ?? null,
    mayDraft: draftRefusal(standing) === null && shown.state !== 'in_review',
    sendReason:
      sendRefusal(standing, shown.state, {
        clientAccountableCount: seats.filter(
          (seat) => seat.personId !== null && seat.raci === 'A' && seatSide(seat.function) === 'client',
        ).length,
      })?.reason ?? null,
    verdicts: (await listEvaluations(tx, engagementId, { criterionVersionId: shown.id, limit: 500 })).map((row) => ({
      ...row,
      engagementId,
    })),
  }
})

const JUDGED_WORDS = ['verdict', 'met-within-noise', 'not-comparable', 'verified-run', 'confidence-bound'] as const

export default function CriterionPage() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, criterion, shown, zone } = page
  const isDraft = shown.state === 'draft' || shown.state === 'changes_requested'
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Definition', to: paths.definition(engagementId) }]}
        title={`${criterion.key} ${shown.content.name}`}
        badge={
          <>
            <span className="text-muted">version {shown.version}</span>
            <VersionBadge state={shown.state} />
          </>
        }
        action={
          <>
            <LinkButton to={`${paths.leaderboard(engagementId, criterion.id)}?version=${String(shown.version)}`}>
              Leaderboard
            </LinkButton>
            <LinkButton to={paths.lineage(engagementId, `criterion_version:${shown.id}`)}>Lineage</LinkButton>
            {page.signOffId === null ? null : (
              <LinkButton to={paths.signOff(engagementId, page.signOffId)}>
                {shown.state === 'in_review' ? 'Read what is to be signed' : 'See what was signed'}
              </LinkButton>
            )}
            {page.mayDraft && page.isNewest ? (
              <LinkButton to={paths.criterionEdit(engagementId, criterion.id)}>Change</LinkButton>
            ) : null}
            {page.mayDraft && page.isNewest && isDraft ? (
              <Form method="post" action={paths.criterionSend(engagementId, criterion.id)}>
                <SubmitButton disabledReason={page.sendReason}>Send for signature</SubmitButton>
              </Form>
            ) : null}
            {page.maySuspend ? (
              <LinkButton to={paths.criterionSuspend(engagementId, criterion.id)}>Suspend</LinkButton>
            ) : null}
          </>
        }
      />
      <Section title="What it means">
        <Card>
          <ul className="prose-width grid gap-2">
            {page.words.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Card>
      </Section>
      <Section title="The terms">
        <CriterionTerms content={shown.content} />
        {shown.contentHash === null ? null : (
          <p className="mt-3 text-sm text-muted">
            SHA-256 of what was shown: <Code>{shown.contentHash}</Code>
          </p>
        )}
      </Section>
      {page.versions.length < 2 ? null : (
        <Section title={`Version ${String(page.against ?? '–')} against version ${String(shown.version)}`}>
          <ComparePicker
            versions={page.versions.map(({ version }) => version)}
            shown={shown.version}
            against={page.against}
          />
          {page.changes.length === 0 ? (
            <p className="text-muted">They say the same.</p>
          ) : (
            <Redline changes={page.changes} />
          )}
        </Section>
      )}
      {!isDraft ? null : (
        <Section title="What past runs would say">
          <Simulation engagementId={engagementId} runs={page.runs} metCount={page.metCount} />
        </Section>
      )}
      {shown.content.kind === 'offline' && shown.content.floor === null && page.reports.length === 0 ? null : (
        <Section
          title="Reported by people"
          aside={
            page.mayReport ? (
              <Link to={paths.criterionReport(engagementId, criterion.id)}>Report a figure</Link>
            ) : undefined
          }
        >
          <ReportList reports={page.reports} content={shown.content} zone={zone} />
        </Section>
      )}
      <Section
        title="Runs judged against this version"
        aside={
          <div className="flex flex-wrap gap-x-4 gap-y-1">
            {JUDGED_WORDS.map((key) => (
              <Term key={key} entry={glossaryEntry(key)} opensTo="left" />
            ))}
          </div>
        }
      >
        <VerdictTable rows={page.verdicts} />
      </Section>
      <Section title="Versions">
        <VersionList
          versions={page.versions}
          shown={shown.version}
          path={paths.criterion(engagementId, criterion.id)}
          zone={zone}
        />
      </Section>
      <Threads threads={page.threads} writeTo={paths.comment(engagementId, 'criterion', criterion.id)} zone={zone} />
    </>
  )
}
