import type { ReuseStanding } from '#app/domain/reuse.ts'
import { REUSE_STANDING_WORDS } from '#app/domain/reuse.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<ReuseStanding, Tone>> = {
  awaiting_consent: 'risk',
  active: 'met',
  declined: 'unknown',
  revoked: 'unknown',
  expired: 'unknown',
}

export function ReuseBadge({ standing }: { standing: ReuseStanding }) {
  return <Badge tone={TONES[standing]}>{REUSE_STANDING_WORDS[standing]}</Badge>
}
