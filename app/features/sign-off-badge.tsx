import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { SIGN_OFF_STATE_WORDS } from '#app/domain/sign-off-case.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<SignOffState, Tone>> = {
  collecting_feedback: 'accent',
  awaiting_approval: 'accent',
  approved: 'met',
  approved_with_conditions: 'met',
  changes_requested: 'risk',
  rejected: 'breach',
  superseded: 'unknown',
  voided: 'unknown',
  suspended: 'risk',
  expired: 'risk',
  lapsed: 'breach',
}

export function SignOffBadge({ state }: { state: SignOffState }) {
  return <Badge tone={TONES[state]}>{SIGN_OFF_STATE_WORDS[state].split(':')[0]}</Badge>
}
