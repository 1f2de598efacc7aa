import type { BatchState } from '#app/domain/prediction-batch.ts'
import { BATCH_STATE_WORDS } from '#app/domain/prediction-batch.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<BatchState, Tone>> = {
  queued: 'unknown',
  running: 'accent',
  succeeded: 'met',
  failed: 'breach',
  cancelled: 'unknown',
}

export function BatchBadge({ state }: { state: BatchState }) {
  return <Badge tone={TONES[state]}>{BATCH_STATE_WORDS[state]}</Badge>
}
