import type { SignOffRule } from '#app/domain/sign-off-case.ts'
import { glossaryEntry } from '#app/domain/glossary.ts'
import { Definitions } from '#app/ui/layout.tsx'
import { Term } from '../term.tsx'

/** Who decides how, who is heard before and who only hears of it. */
export function RuleWords({
  rule,
  approvedCount,
  people,
  authorName,
}: {
  rule: SignOffRule
  approvedCount: number
  people: Readonly<Record<'A' | 'R' | 'C' | 'I', readonly string[]>>
  authorName: string | null
}) {
  const names = (list: readonly string[]) => (list.length === 0 ? '–' : list.join(', '))
  return (
    <Definitions
      rows={[
        {
          term: 'Decides',
          label: <Term entry={glossaryEntry('accountable')}>Decides</Term>,
          value: `${names(people.A)}${rule.quorum > 1 ? `: ${String(approvedCount)} of ${String(rule.quorum)} needed approvals are there` : ''}${rule.order.length > 1 ? ', in this order' : ''}`,
        },
        {
          term: 'Is heard before',
          value: `${names(people.C)}${rule.awaitsFeedback ? ' (their answer is waited for)' : ''}`,
        },
        { term: 'Does the work', value: names(people.R) },
        { term: 'Is told', value: names(people.I) },
        ...(rule.isAuthorExcluded
          ? [{ term: 'Written by', value: `${authorName ?? '–'}, who does not decide on it` }]
          : []),
        ...(rule.recurDays === null ? [] : [{ term: 'Renewed', value: `every ${String(rule.recurDays)} days` }]),
      ]}
    />
  )
}
