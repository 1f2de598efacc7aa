import type { ReactNode } from 'react'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { plainWords, SIGNING_CONSEQUENCE, targetPhrase } from '#app/domain/criterion.ts'
import { metricName } from '#app/domain/metric.ts'
import type { ProblemContent } from '#app/domain/problem.ts'
import { Definitions } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'

/** The client's view of a criterion to be signed: words first, then every term. */
export function CriterionDocument({ content, terms }: { content: CriterionContent; terms: ReactNode }) {
  return (
    <>
      <p className="prose-width mb-4 text-lg font-semibold">
        {metricName(content.metricKey)} must be {targetPhrase(content)}.
      </p>
      <ul className="prose-width mb-6 grid list-disc gap-2 pl-5">
        {plainWords(content).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <h3 className="mb-2 font-semibold">Every term</h3>
      {terms}
      <p className="prose-width mt-6">{SIGNING_CONSEQUENCE}</p>
    </>
  )
}

export function ProblemDocument({ content }: { content: ProblemContent }) {
  return (
    <>
      <Definitions
        rows={[
          { term: 'The problem', value: <Prose text={content.problem} /> },
          { term: 'The decision it supports', value: <Prose text={content.decisionSupported} /> },
          {
            term: 'Who is affected',
            value: content.affectedPeople === '' ? '–' : <Prose text={content.affectedPeople} />,
          },
          { term: 'In scope', value: content.inScope.join('\n') },
          { term: 'Out of scope', value: content.outOfScope.length === 0 ? '–' : content.outOfScope.join('\n') },
        ]}
      />
      <p className="prose-width mt-6">
        Signing agrees what the work is for and where it ends. Changing it later makes a new version that needs a new
        signature.
      </p>
    </>
  )
}
