import type { ReactNode } from 'react'
import type { SignName } from './sign.tsx'
import { Sign } from './sign.tsx'

export type Tone = 'met' | 'risk' | 'breach' | 'unknown' | 'accent'

const TONES: Readonly<Record<Tone, { readonly look: string; readonly sign: SignName }>> = {
  met: { look: 'bg-met-soft text-met', sign: 'check' },
  risk: { look: 'bg-risk-soft text-risk', sign: 'alert' },
  breach: { look: 'bg-breach-soft text-breach', sign: 'cross' },
  unknown: { look: 'bg-unknown-soft text-unknown', sign: 'dash' },
  accent: { look: 'bg-accent-soft text-accent', sign: 'dot' },
}

/** A state in one word. The sign says it as well as the colour. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  const { look, sign } = TONES[tone]
  return (
    <span
      className={`inline-flex items-center gap-1 rounded px-1.5 py-px text-sm font-semibold whitespace-nowrap ${look}`}
    >
      <Sign name={sign} />
      {children}
    </span>
  )
}

/** Who else sees this: told by words and an edge, not by colour. */
export function Visibility({ sharedWith }: { sharedWith: 'team' | 'client' }) {
  return sharedWith === 'team' ? (
    <span className="inline-flex items-center gap-1 rounded border border-dashed border-line-strong px-1.5 text-sm text-muted whitespace-nowrap">
      <Sign name="lock" />
      Team only
    </span>
  ) : (
    <span className="inline-flex items-center gap-1 rounded border border-line-strong px-1.5 text-sm text-muted whitespace-nowrap">
      Shared with the client
    </span>
  )
}
