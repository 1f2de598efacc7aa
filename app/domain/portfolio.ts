import type { CriterionContent, VersionState } from './criterion.ts'
import { progress } from './criterion.ts'
import type { EngagementState } from './engagement.ts'
import type { Status } from './status.ts'
import { engagementStatus } from './status.ts'
import type { VerdictKind } from './verdict.ts'
import { satisfies } from './verdict.ts'

interface Standing {
  readonly engagementId: string
  readonly state: VersionState
  readonly content: CriterionContent
  readonly now: { readonly verdict: VerdictKind; readonly value: number; readonly isLive: boolean } | null
}

interface Facts {
  readonly engagementId: string
  readonly minutes: number
  readonly offScopeMinutes: number
  readonly openAsks: number
  readonly oldestAskAt: Date | null
  readonly failedJobsLastWeek: number
  readonly liveEndpoints: number
  readonly lastRunAt: Date | null
}

export interface PortfolioRow {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly client: string
  readonly state: EngagementState
  readonly status: Status
  /** Weighted share of the way to the targets, 0 to 1, over measured signed criteria; null when none is measured. */
  readonly outcome: number | null
  readonly measuredCount: number
  readonly signedCount: number
  readonly satisfiedCount: number
  readonly minutes: number
  readonly offScopeMinutes: number
  readonly openAsks: number
  readonly liveEndpoints: number
}

const DAY_MS = 86_400_000

/** One row for each engagement; everything in it is computed from measured values and dates. */
export function portfolioRows(input: {
  readonly engagements: readonly {
    readonly id: string
    readonly code: string
    readonly name: string
    readonly client: string
    readonly state: EngagementState
  }[]
  readonly standings: readonly Standing[]
  readonly facts: readonly Facts[]
  readonly now: Date
}): PortfolioRow[] {
  return input.engagements.map((engagement) => {
    const own = input.standings.filter((standing) => standing.engagementId === engagement.id)
    const signed = own.filter((standing) => standing.state === 'agreed')
    const facts = input.facts.find((row) => row.engagementId === engagement.id)
    const isSatisfied = ({ content, now }: Standing) => now !== null && satisfies(content, now.verdict)
    const measured = signed.flatMap(({ content, now }) => {
      const share = progress(content, now?.value ?? null)
      return share === null ? [] : [{ share, weight: content.weight }]
    })
    const weight = measured.reduce((sum, item) => sum + item.weight, 0)
    const { id, code, name, client, state } = engagement
    return {
      id,
      code,
      name,
      client,
      state,
      status: engagementStatus({
        state,
        criteria: own.map((standing) => ({
          isAgreed: standing.state === 'agreed',
          verdict: standing.now?.verdict ?? null,
          isSatisfied: isSatisfied(standing),
          isLive: standing.now?.isLive ?? false,
        })),
        oldestAskDays: facts?.oldestAskAt
          ? Math.floor((input.now.getTime() - facts.oldestAskAt.getTime()) / DAY_MS)
          : null,
        failedJobsLastWeekCount: facts?.failedJobsLastWeek ?? 0,
      }),
      outcome: weight === 0 ? null : measured.reduce((sum, item) => sum + item.share * item.weight, 0) / weight,
      measuredCount: measured.length,
      signedCount: signed.length,
      satisfiedCount: signed.filter(isSatisfied).length,
      minutes: facts?.minutes ?? 0,
      offScopeMinutes: facts?.offScopeMinutes ?? 0,
      openAsks: facts?.openAsks ?? 0,
      liveEndpoints: facts?.liveEndpoints ?? 0,
    }
  })
}
