import type { DeliverableState } from '#app/domain/deliverable.ts'
import { DELIVERABLE_STATE_WORDS } from '#app/domain/deliverable.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<DeliverableState, Tone>> = {
  planned: 'unknown',
  submitted: 'accent',
  accepted: 'met',
  returned: 'risk',
  withdrawn: 'unknown',
}

export function DeliverableBadge({ state }: { state: DeliverableState }) {
  return <Badge tone={TONES[state]}>{DELIVERABLE_STATE_WORDS[state]}</Badge>
}
