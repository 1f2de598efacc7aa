import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { CriterionContent, VersionState } from '#app/domain/criterion.ts'
import { criterionLine } from '#app/domain/criterion.ts'
import type { EngagementState, Raci, SeatFunction } from '#app/domain/engagement.ts'
import { RACI_WORDS, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import type { SignOffSubject } from '#app/domain/subject.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { EngagementBadge } from '../state-badge.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

const ASKS_SHOWN = 3

/** What happens next, by where the engagement stands. */
const NEXT: Readonly<Record<EngagementState, string>> = {
  draft: 'The team is writing down the problem and what counts as success. You will be asked to read and sign it.',
  readiness: 'The definition waits for signatures. Work against it begins when the problem and a criterion are signed.',
  active: 'Models are trained and measured against what was signed. You see each result in the moment it is there.',
  paused: 'The work is paused. What was agreed and measured stays readable.',
  handover: 'The work is being handed over to your people.',
  operate: 'Your people run it. What was agreed still holds and is still measured.',
  closed: 'The engagement has ended. Its record stays readable.',
  cancelled: 'The engagement was cancelled. Its record stays readable.',
}

/** Why somebody's decision is needed, by what was sent. */
const WHY: Readonly<Record<SignOffSubject, (engagement: string) => string>> = {
  problem_statement: (engagement) => `because work on ${engagement} begins from it`,
  criterion_version: (engagement) => `because work on ${engagement} is judged against it`,
  deliverable_version: (engagement) => `because it was promised to you in ${engagement}`,
  change_request: (engagement) => `because it changes the scope of ${engagement}`,
  model_version: (engagement) => `because it goes live in ${engagement} only signed`,
  handover: (engagement) => `because your people take ${engagement} over with it`,
}

/** One thing that is asked of the reader, and why. */
interface Asked {
  readonly key: string
  readonly title: string
  readonly why: ReactNode
  readonly label: string
  readonly to: string
}

/** A client's first screen: what this is, what is asked of me, what happens next. */
export function ClientHome({
  now,
  zone,
  engagements,
  asks,
  retrainings,
  grants,
  invitations,
  standings,
}: {
  now: Date
  zone: string
  engagements: readonly { readonly id: string; readonly name: string; readonly state: EngagementState }[]
  asks: readonly {
    readonly id: string
    readonly engagementId: string
    readonly engagementName: string
    readonly title: string
    readonly subjectType: SignOffSubject
    readonly sentByName: string
    readonly sentAt: Date
  }[]
  retrainings: readonly {
    readonly id: string
    readonly engagementId: string
    readonly engagementName: string
    readonly slug: string
  }[]
  grants: readonly {
    readonly id: string
    readonly engagementId: string
    readonly engagementName: string
    readonly slug: string
    readonly borrower: string
  }[]
  invitations: readonly {
    readonly id: string
    readonly engagementId: string
    readonly engagementName: string
    readonly function: SeatFunction
    readonly raci: Raci
  }[]
  standings: readonly {
    readonly engagementId: string
    readonly criterionId: string
    readonly key: string
    readonly state: VersionState
    readonly content: CriterionContent
    readonly now: { readonly verdict: VerdictKind; readonly reason: string } | null
  }[]
}) {
  const all: readonly Asked[] = [
    ...invitations.map((seat) => ({
      key: seat.id,
      title: `Take the seat “${SEAT_FUNCTION_WORDS[seat.function]}” at ${seat.engagementName}`,
      why: `${RACI_WORDS[seat.raci]}. The work needs somebody who says yes to being there.`,
      label: 'Read and answer',
      to: paths.seat(seat.engagementId, seat.id),
    })),
    ...grants.map((grant) => ({
      key: grant.id,
      title: `May your model ${grant.slug} be used elsewhere?`,
      why: `${grant.borrower} would use the model of ${grant.engagementName}. Nothing is lent before you agree.`,
      label: 'Read and answer',
      to: paths.grant(grant.engagementId, grant.id),
    })),
    ...retrainings.map((retraining) => ({
      key: retraining.id,
      title: `Does the retrained model of ${retraining.slug} go live?`,
      why: `It was trained with newer data in ${retraining.engagementName}. You see it beside what is live, and you or the engagement lead decide.`,
      label: 'Compare and decide',
      to: paths.retraining(retraining.engagementId, retraining.id),
    })),
    // Last: those that are not shown here stand in their engagements, too.
    ...asks.map((ask) => ({
      key: ask.id,
      title: ask.title,
      why: (
        <>
          {ask.sentByName} asks you to read and decide, {WHY[ask.subjectType](ask.engagementName)}. Sent{' '}
          <Time at={ask.sentAt} now={now} zone={zone} />.
        </>
      ),
      label: 'Read and decide',
      to: paths.signOff(ask.engagementId, ask.id),
    })),
  ]
  const askCount = all.length
  return (
    <>
      <PageHeader
        title="What is asked of me?"
        verdict={
          askCount === 0
            ? 'Nothing right now. When your decision is needed, it stands here and you get a mail.'
            : askCount === 1
              ? 'One answer waits for your organisation.'
              : `${String(askCount)} answers wait for your organisation.`
        }
      />
      {askCount === 0 ? null : (
        <Section title="Asked of you">
          <ol className="grid gap-3">
            {all.slice(0, ASKS_SHOWN).map((asked) => (
              <li key={asked.key} className="rounded-lg border border-accent bg-surface p-4">
                <p className="font-semibold">{asked.title}</p>
                <p className="prose-width mt-1 mb-3 text-muted">{asked.why}</p>
                <LinkButton to={asked.to} look="primary">
                  {asked.label}
                </LinkButton>
              </li>
            ))}
          </ol>
          {askCount <= ASKS_SHOWN ? null : (
            <p className="mt-3 text-muted">{askCount - ASKS_SHOWN} more stand in the engagements below.</p>
          )}
        </Section>
      )}
      <Section title="What this is">
        <p className="prose-width mb-4 text-muted">
          Throughline holds what you and the consultancy agreed, what was measured, and who approved it. Nothing here is
          typed in by hand to look good: every number opens to the run it comes from.
        </p>
        {engagements.length === 0 ? (
          <EmptyState title="No engagement yet">
            As soon as you have a seat at a table, the engagement stands here.
          </EmptyState>
        ) : (
          <ul className="grid gap-4">
            {engagements.map((engagement) => (
              <li key={engagement.id} className="rounded-lg border border-line bg-surface p-4">
                <div className="flex flex-wrap items-center gap-3">
                  <h3 className="text-lg font-semibold">
                    <Link to={paths.engagement(engagement.id)}>{engagement.name}</Link>
                  </h3>
                  <EngagementBadge state={engagement.state} />
                </div>
                <ul className="my-2 grid gap-1">
                  {standings
                    .filter((criterion) => criterion.engagementId === engagement.id)
                    .map((criterion) => (
                      <li key={criterion.criterionId} className="flex flex-wrap items-center gap-x-3">
                        {criterion.now === null ? (
                          <Badge tone="unknown">Not measured yet</Badge>
                        ) : (
                          <VerdictBadge verdict={criterion.now.verdict} />
                        )}
                        <Link to={paths.criterion(engagement.id, criterion.criterionId)}>
                          {criterion.key} {criterion.content.name}
                        </Link>
                        <span className="text-sm text-muted">{criterionLine(criterion.content)}</span>
                      </li>
                    ))}
                </ul>
                <p className="prose-width text-sm text-muted">
                  <span className="font-semibold">What happens next:</span> {NEXT[engagement.state]}{' '}
                  <Link to={paths.explainer(engagement.id)}>How this will go</Link>
                </p>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}
