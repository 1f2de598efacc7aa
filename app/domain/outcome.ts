/** What a person who is asked can answer. */
export const OUTCOMES = ['approved', 'approved_with_conditions', 'changes_requested', 'rejected'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Every outcome that a record can have. */
export const DECISION_OUTCOMES = [
  ...OUTCOMES,
  'suspended',
  'restored',
  'voided',
  'waived',
  'revoked',
  'denied',
  'issued',
] as const
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number]

/** What somebody did, as a verb after their name. */
export const OUTCOME_VERBS: Readonly<Record<DecisionOutcome, string>> = {
  approved: 'approved',
  approved_with_conditions: 'approved with conditions',
  changes_requested: 'asked for changes to',
  rejected: 'rejected',
  suspended: 'suspended',
  restored: 'restored',
  voided: 'voided',
  waived: 'waived',
  revoked: 'revoked',
  denied: 'denied',
  issued: 'issued',
}

export const FEEDBACK_GRADES = ['ok', 'minor', 'major'] as const
export type FeedbackGrade = (typeof FEEDBACK_GRADES)[number]

export const FEEDBACK_WORDS: Readonly<Record<FeedbackGrade, string>> = {
  ok: 'Fine as it is',
  minor: 'A minor issue',
  major: 'A major issue: it should not be signed until this is answered',
}
