import type { SeatState } from '#app/domain/seat.ts'
import { SEAT_STATE_WORDS } from '#app/domain/seat.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<SeatState, Tone>> = {
  open: 'unknown',
  invited: 'accent',
  accepted: 'met',
  declined: 'risk',
  denied: 'breach',
  vacated: 'risk',
}

export function SeatBadge({ state }: { state: SeatState }) {
  return <Badge tone={TONES[state]}>{SEAT_STATE_WORDS[state]}</Badge>
}
