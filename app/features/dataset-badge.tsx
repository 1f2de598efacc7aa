import type { DatasetState } from '#app/domain/dataset.ts'
import { DATASET_STATE_WORDS } from '#app/domain/dataset.ts'
import { Badge } from '#app/ui/badge.tsx'

const TONES = { available: 'met', restricted: 'risk', withdrawn: 'breach', erased: 'unknown' } as const

export function DatasetBadge({ state }: { state: DatasetState }) {
  return <Badge tone={TONES[state]}>{DATASET_STATE_WORDS[state]}</Badge>
}
