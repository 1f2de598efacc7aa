import type { ProblemContent } from '#app/domain/problem.ts'
import { TextArea } from '#app/ui/field.tsx'

/** The fields of a problem statement; empty for a new one. */
export function ProblemFields({ content }: { content?: ProblemContent }) {
  return (
    <>
      <TextArea
        name="problem"
        label="The problem, in plain words"
        hint="What goes wrong today, for whom, and what it costs."
        rows={5}
        defaultValue={content?.problem}
      />
      <TextArea
        name="decisionSupported"
        label="The decision it supports"
        hint="Who decides what differently once the model is there?"
        rows={2}
        defaultValue={content?.decisionSupported}
      />
      <TextArea
        name="affectedPeople"
        label="Who is affected"
        rows={2}
        optional
        defaultValue={content?.affectedPeople}
      />
      <TextArea
        name="inScope"
        label="In scope"
        hint="One item a line."
        rows={3}
        defaultValue={content?.inScope.join('\n')}
      />
      <TextArea
        name="outOfScope"
        label="Out of scope"
        hint="One item a line."
        rows={3}
        optional
        defaultValue={content?.outOfScope.join('\n')}
      />
    </>
  )
}
