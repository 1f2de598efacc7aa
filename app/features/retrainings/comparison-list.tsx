import { Link } from '@remix-run/react'
import type { Interval } from '#app/domain/metric.ts'
import type { Compared } from '#app/domain/retraining-comparison.ts'
import { COMPARED_WORDS } from '#app/domain/retraining-comparison.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { formatNumber, Value } from '#app/ui/number.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

const TONES: Readonly<Record<Compared, Tone>> = {
  better: 'met',
  no_different: 'accent',
  worse: 'breach',
  not_comparable: 'unknown',
}

interface ShownComparison {
  readonly key: string
  readonly version: number
  readonly outcome: Compared
  readonly reason: string
  readonly verdict: VerdictKind | null
}

interface Side {
  readonly verdict: VerdictKind
  readonly value: number | null
  readonly interval: Interval | null
}

/** Live beside candidate on each signed criterion: what is said of both, and whether they differ by more than noise. */
export function ComparisonList({
  rows,
  engagementId,
}: {
  rows: readonly {
    readonly criterionId: string
    readonly key: string
    readonly version: number
    readonly name: string
    readonly target: string
    readonly dataset: string
    readonly live: Side | null
    readonly candidate: Side | null
    readonly outcome: Compared
    readonly reason: string
  }[]
  engagementId: string
}) {
  if (rows.length === 0)
    return (
      <EmptyState title="Nothing to compare by">
        No criterion is signed, so nobody agreed what better means. The gate lets nothing go live without one.
      </EmptyState>
    )
  return (
    <ul className="grid gap-3">
      {rows.map((row) => (
        <li key={row.criterionId} className="rounded-lg border border-line bg-surface p-4">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={TONES[row.outcome]}>{COMPARED_WORDS[row.outcome]}</Badge>
            <Link to={paths.criterion(engagementId, row.criterionId)} className="font-semibold">
              {row.key} {row.name}
            </Link>
          </div>
          <p className="mt-1 text-sm text-muted">
            Signed as version {row.version}: {row.target}, measured on {row.dataset}.
          </p>
          <dl className="mt-3 grid gap-x-6 gap-y-3 sm:grid-cols-2">
            <SideFacts title="Live" side={row.live} />
            <SideFacts title="Candidate" side={row.candidate} />
          </dl>
          <p className="prose-width mt-3">{row.reason}</p>
        </li>
      ))}
    </ul>
  )
}

/** What is kept of a comparison with the decision that was made on it. */
export function ShownList({ rows }: { rows: readonly ShownComparison[] }) {
  return (
    <>
      <p className="prose-width mb-3 text-muted">
        As it stood when it was decided. The verdicts of now may differ; the pages of the criteria have them.
      </p>
      <ul className="grid gap-3">
        {rows.map(({ key, version, outcome, reason, verdict }) => (
          <li key={key} className="rounded-lg border border-line bg-surface p-4">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge tone={TONES[outcome]}>{COMPARED_WORDS[outcome]}</Badge>
              <span className="font-semibold">
                {key}, signed as version {version}
              </span>
              <span className="text-sm text-muted">Candidate:</span>
              {verdict === null ? <Badge tone="unknown">Never judged</Badge> : <VerdictBadge verdict={verdict} />}
            </div>
            <p className="prose-width mt-1">{reason}</p>
          </li>
        ))}
      </ul>
    </>
  )
}

function SideFacts({ title, side }: { title: string; side: Side | null }) {
  return (
    <div>
      <dt className="text-sm text-muted">{title}</dt>
      <dd className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="text-lg font-semibold tabular-nums">
          <Value value={side?.value ?? null} missing="Not measured" />
        </span>
        {side?.interval == null ? null : (
          <span className="text-sm text-muted tabular-nums">
            {formatNumber(side.interval.low)} to {formatNumber(side.interval.high)}
          </span>
        )}
        {side === null ? <Badge tone="unknown">Never judged</Badge> : <VerdictBadge verdict={side.verdict} />}
      </dd>
    </div>
  )
}
