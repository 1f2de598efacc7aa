import { Form, Link } from '@remix-run/react'
import type { CriterionContent, FieldChange } from '#app/domain/criterion.ts'
import type { DecisionOutcome, FeedbackGrade } from '#app/domain/outcome.ts'
import { glossaryEntry } from '#app/domain/glossary.ts'
import type { PageDocument } from '#app/domain/page-document.ts'
import type { ProblemContent } from '#app/domain/problem.ts'
import type { SignOffRule, SignOffState } from '#app/domain/sign-off-case.ts'
import { Threads } from '#app/features/threads.tsx'
import { paths } from '#app/paths.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { Callout, Card, Code, Section } from '#app/ui/layout.tsx'
import { Redline } from '#app/ui/redline.tsx'
import { Time } from '#app/ui/time.tsx'
import { CriterionTerms } from '../criterion-terms.tsx'
import { Term } from '../term.tsx'
import { ConditionList } from './condition-list.tsx'
import { DecisionList } from './decision-list.tsx'
import { DocumentRows } from './document-rows.tsx'
import { CriterionDocument, ProblemDocument } from './document-view.tsx'
import { FeedbackList } from './feedback-list.tsx'
import { RuleWords } from './rule-words.tsx'

type Change = Pick<FieldChange, 'label' | 'before' | 'after'> & { readonly note: string }

interface Page {
  readonly engagementId: string
  readonly zone: string
  readonly isOpen: boolean
  readonly isLead: boolean
  readonly mayGiveFeedback: boolean
  readonly mayMeet: boolean
  readonly mayRestore: boolean
  readonly approvedCount: number
  readonly authorName: string | null
  readonly people: Readonly<Record<'A' | 'R' | 'C' | 'I', readonly string[]>>
  readonly signOff: {
    readonly id: string
    readonly state: SignOffState
    readonly stateReason: string
    readonly subjectHash: string
    readonly rule: SignOffRule
    readonly expiresAt: Date | null
  }
  readonly criterion: { readonly id: string; readonly content: CriterionContent; readonly version: number } | null
  readonly problem: { readonly content: ProblemContent } | null
  readonly page: PageDocument | null
  readonly changes: readonly Change[]
  readonly newer: { readonly id: string; readonly changes: readonly Change[] } | null
  readonly feedback: Parameters<typeof FeedbackList>[0]['feedback'] & readonly { readonly grade: FeedbackGrade }[]
  readonly threads: Parameters<typeof Threads>[0]['threads']
  readonly conditions: Parameters<typeof ConditionList>[0]['conditions']
  readonly decisions: Parameters<typeof DecisionList>[0]['decisions'] & readonly { readonly outcome: DecisionOutcome }[]
}

/** What changed, and exactly what is signed. */
export function SignOffShown({ page }: { page: Page }) {
  const { engagementId, signOff, newer, criterion, problem } = page
  return (
    <>
      {newer === null ? null : (
        <Callout tone="risk">
          This text was replaced while you were away or reading.{' '}
          <Link to={paths.signOff(engagementId, newer.id)}>Read the one that took its place</Link>; below is what
          differs from this one.
        </Callout>
      )}
      {newer === null || newer.changes.length === 0 ? null : (
        <Section title="What the newer text changes">
          <Redline changes={newer.changes} />
        </Section>
      )}
      {signOff.stateReason === '' ? null : (
        <Callout tone={signOff.state === 'suspended' || signOff.state === 'lapsed' ? 'risk' : 'accent'}>
          {signOff.stateReason}{' '}
          {page.mayRestore ? (
            <Link to={paths.signOffRestore(engagementId, signOff.id)}>Decide to restore it</Link>
          ) : null}
        </Callout>
      )}
      {page.changes.length === 0 ? null : (
        <Section title="What changed since the version before">
          <Redline changes={page.changes} />
        </Section>
      )}
      <Section title="What is signed">
        <Card>
          {criterion === null ? null : (
            <CriterionDocument content={criterion.content} terms={<CriterionTerms content={criterion.content} />} />
          )}
          {problem === null ? null : <ProblemDocument content={problem.content} />}
          {page.page === null ? null : <DocumentRows rows={page.page.rows} consequence={page.page.consequence} />}
          <div className="mt-4 text-sm text-muted">
            <Term entry={glossaryEntry('sha-256')}>SHA-256</Term> of this text: <Code>{signOff.subjectHash}</Code>
          </div>
        </Card>
      </Section>
    </>
  )
}

/** Who is asked, what the consulted said, what it is tied to, and what was decided. */
export function SignOffAround({ page }: { page: Page }) {
  const { engagementId, signOff, zone } = page
  return (
    <>
      {page.conditions.length === 0 ? null : (
        <Section title="Conditions">
          <ConditionList
            conditions={page.conditions}
            engagementId={engagementId}
            signOffId={signOff.id}
            mayMeet={page.mayMeet}
          />
        </Section>
      )}
      <Section
        title="What the consulted say"
        aside={
          page.mayGiveFeedback ? (
            <Link to={paths.signOffFeedback(engagementId, signOff.id)}>Say what you think</Link>
          ) : undefined
        }
      >
        <FeedbackList
          feedback={page.feedback}
          engagementId={engagementId}
          signOffId={signOff.id}
          mayAnswer={page.isLead && page.isOpen}
          zone={zone}
        />
      </Section>
      <Section title="Who decides, and how">
        <RuleWords
          rule={signOff.rule}
          approvedCount={page.approvedCount}
          people={page.people}
          authorName={page.authorName}
        />
        {signOff.expiresAt === null ? null : (
          <p className="mt-2 text-sm text-muted">
            To be renewed by <Time at={signOff.expiresAt} zone={zone} />.
          </p>
        )}
        {page.isLead && page.isOpen ? (
          <div className="mt-3 flex flex-wrap items-center gap-4">
            {signOff.state === 'collecting_feedback' ? (
              <Form method="post" action={paths.signOffGoOn(engagementId, signOff.id)}>
                <SubmitButton look="plain">Go on without the missing answers</SubmitButton>
              </Form>
            ) : null}
            <Link to={paths.signOffVoid(engagementId, signOff.id)}>Take it back</Link>
          </div>
        ) : null}
      </Section>
      <Threads threads={page.threads} writeTo={paths.comment(engagementId, 'sign_off', signOff.id)} zone={zone} />
      <Section title="Decisions">
        <DecisionList decisions={page.decisions} engagementId={engagementId} zone={zone} />
      </Section>
      {page.criterion === null ? null : (
        <p>
          <Link to={paths.criterion(engagementId, page.criterion.id)}>All versions of this criterion</Link>
        </p>
      )}
    </>
  )
}
