import type { VerdictKind } from '#app/domain/verdict.ts'
import { VERDICT_WORDS } from '#app/domain/verdict.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<VerdictKind, Tone>> = {
  met: 'met',
  met_within_noise: 'risk',
  not_met: 'breach',
  not_comparable: 'unknown',
}

export function VerdictBadge({ verdict }: { verdict: VerdictKind }) {
  return <Badge tone={TONES[verdict]}>{VERDICT_WORDS[verdict]}</Badge>
}
