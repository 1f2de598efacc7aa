import { ResponsiveBullet } from '@nivo/bullet'
import { CHART_THEME } from './chart-theme.ts'

export interface BulletProps {
  readonly title: string
  readonly baseline: number
  readonly now: number | null
  readonly target: number
  readonly low: number | null
  readonly high: number | null
  /** Lower values are better: the axis is turned round, so that further right is always better. */
  readonly isLowerBetter: boolean
}

/** Baseline to now to target on one axis, drawn by nivo. The numbers stand in a table beside it, always. */
export function CriterionChart({ title, baseline, now, target, low, high, isLowerBetter }: BulletProps) {
  const values = [baseline, target, now, low, high].filter((value): value is number => value !== null)
  const spread = Math.max(...values) - Math.min(...values) || Math.abs(target) || 1
  const from = Math.min(...values) - spread * 0.25
  const to = Math.max(...values) + spread * 0.25
  // The library draws no bar that ends at 0, and begins a bar where values are least: turned round, that is on the right,
  // so the bar is what is left of a first one that nobody sees.
  const end = now === 0 ? Number.MIN_VALUE : now
  return (
    <div className="h-16" role="img" aria-label={title}>
      <ResponsiveBullet
        data={[
          {
            id: '',
            ranges: [from, low ?? now ?? baseline, high ?? now ?? baseline, to].sort((a, b) => a - b),
            measures: end === null ? [] : isLowerBetter ? [end, to] : [end],
            markers: [target, baseline],
          },
        ]}
        margin={{ top: 8, right: 16, bottom: 26, left: 16 }}
        minValue={from}
        maxValue={to}
        titleOffsetX={-8}
        measureSize={0.28}
        markerSize={0.9}
        rangeColors={['var(--sunken)', 'var(--sunken)', 'var(--accent-soft)', 'var(--sunken)']}
        measureColors={isLowerBetter ? ['transparent', 'var(--accent)'] : ['var(--accent)']}
        reverse={isLowerBetter}
        markerColors={['var(--ink)', 'var(--line-strong)']}
        theme={CHART_THEME}
        animate={false}
        isInteractive={false}
        role="presentation"
      />
    </div>
  )
}
