/** What people are asked to sign. */
export const SIGN_OFF_SUBJECTS = [
  'problem_statement',
  'criterion_version',
  'deliverable_version',
  'model_version',
  'change_request',
  'handover',
] as const
export type SignOffSubject = (typeof SIGN_OFF_SUBJECTS)[number]

/** What a decision can be about: also what nobody was asked for by a sign-off. */
export const DECISION_SUBJECTS = [...SIGN_OFF_SUBJECTS, 'waiver', 'seat', 'compliance_event', 'reuse_grant'] as const
export type DecisionSubject = (typeof DECISION_SUBJECTS)[number]

export const SUBJECT_WORDS: Readonly<Record<SignOffSubject, string>> = {
  problem_statement: 'the problem statement',
  criterion_version: 'criteria',
  deliverable_version: 'deliverables',
  model_version: 'model versions',
  change_request: 'changes',
  handover: 'the hand-over',
}
