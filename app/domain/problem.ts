import { z } from 'zod'
import type { Json } from './canonical-json.ts'
import type { DocumentEngagement } from './criterion.ts'
import { AppError } from './errors.ts'
import { prose } from './text.ts'

/** What one version of the problem statement says. */
export const ProblemContent = z.object({
  problem: z.string(),
  decisionSupported: z.string(),
  affectedPeople: z.string(),
  inScope: z.array(z.string()),
  outOfScope: z.array(z.string()),
})
export type ProblemContent = z.infer<typeof ProblemContent>

export const ProblemForm = z.object({
  problem: prose(8000, 'The problem in plain words', 1),
  decisionSupported: prose(2000, 'The decision it supports', 1),
  affectedPeople: prose(2000, 'Who is affected'),
  inScope: prose(4000, 'What is in scope', 1),
  outOfScope: prose(4000, 'What is out of scope'),
})

/** Exactly what is shown to the person who signs a version of the problem statement. */
export function problemDocument(engagement: DocumentEngagement, version: number, content: ProblemContent): Json {
  return {
    format: 'throughline.problem/1',
    engagement: { ...engagement },
    version,
    problem: content.problem,
    decisionSupported: content.decisionSupported,
    affectedPeople: content.affectedPeople,
    inScope: content.inScope,
    outOfScope: content.outOfScope,
    consequence:
      'Signing agrees what the work is for and where it ends. Changing it later makes a new version that needs a new signature.',
  }
}

/** @throws AppError `invalid` when stored content does not have the agreed shape */
export function parseProblemContent(value: unknown): ProblemContent {
  const parsed = ProblemContent.safeParse(value)
  if (!parsed.success)
    throw new AppError('invalid', 'The stored problem statement cannot be read.', { cause: parsed.error })
  return parsed.data
}

const FIELD_WORDS: Readonly<Record<keyof ProblemContent, string>> = {
  problem: 'The problem',
  decisionSupported: 'The decision it supports',
  affectedPeople: 'Who is affected',
  inScope: 'In scope',
  outOfScope: 'Out of scope',
}

/** What differs between two versions, field by field. Who is affected is an explanation; everything else is what was agreed. */
export function problemChanges(before: ProblemContent, after: ProblemContent) {
  return ProblemContent.keyof().options.flatMap((field) => {
    const [left, right] = [textOf(before[field]), textOf(after[field])]
    return left === right
      ? []
      : [{ field, label: FIELD_WORDS[field], before: left, after: right, isMaterial: field !== 'affectedPeople' }]
  })
}

function textOf(value: string | readonly string[]): string {
  const text = typeof value === 'string' ? value : value.join('\n')
  return text === '' ? '–' : text
}
