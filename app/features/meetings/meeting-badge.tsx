import type { MeetingState } from '#app/domain/meeting.ts'
import { MEETING_STATE_WORDS } from '#app/domain/meeting.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<MeetingState, Tone>> = { planned: 'accent', held: 'met', cancelled: 'unknown' }

export function MeetingBadge({ state }: { state: MeetingState }) {
  return <Badge tone={TONES[state]}>{MEETING_STATE_WORDS[state]}</Badge>
}
