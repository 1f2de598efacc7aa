import type { ProblemContent } from '#app/domain/problem.ts'
import { Definitions } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'

function List({ items }: { items: readonly string[] }) {
  return items.length === 0 ? (
    <>–</>
  ) : (
    <ul className="list-disc pl-5">
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  )
}

/** A problem statement as people read it. */
export function ProblemView({ content }: { content: ProblemContent }) {
  return (
    <Definitions
      rows={[
        { term: 'The problem', value: <Prose text={content.problem} /> },
        { term: 'The decision it supports', value: <Prose text={content.decisionSupported} /> },
        {
          term: 'Who is affected',
          value: content.affectedPeople === '' ? '–' : <Prose text={content.affectedPeople} />,
        },
        { term: 'In scope', value: <List items={content.inScope} /> },
        { term: 'Out of scope', value: <List items={content.outOfScope} /> },
      ]}
    />
  )
}
