import type { VersionState } from '#app/domain/criterion.ts'
import { VERSION_STATE_WORDS } from '#app/domain/criterion.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge, Visibility } from '#app/ui/badge.tsx'

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

/** The state of a version. What was not sent yet is the team's own, and says so. */
export function VersionBadge({ state }: { state: VersionState }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Badge tone={TONES[state]}>{VERSION_STATE_WORDS[state]}</Badge>
      {state === 'draft' ? <Visibility sharedWith="team" /> : null}
    </span>
  )
}
