import type { VersionState } from '#app/domain/criterion.ts'
import { VERSION_STATE_WORDS } from '#app/domain/criterion.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<VersionState, Tone>> = {
  draft: 'unknown',
  in_review: 'accent',
  changes_requested: 'risk',
  agreed: 'met',
  superseded: 'unknown',
  suspended: 'risk',
  expired: 'risk',
  withdrawn: 'unknown',
}

export function VersionBadge({ state }: { state: VersionState }) {
  return <Badge tone={TONES[state]}>{VERSION_STATE_WORDS[state]}</Badge>
}
