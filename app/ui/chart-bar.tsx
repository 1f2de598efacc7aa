import { ResponsiveBar } from '@nivo/bar'
import { CHART_THEME } from './chart-theme.ts'

export interface BarChartProps {
  readonly title: string
  readonly bars: readonly { readonly label: string; readonly value: number }[]
  /** Largest value of the axis. */
  readonly max: number
}

/** Horizontal bars with their values, drawn by nivo. */
export function BarChart({ title, bars, max }: BarChartProps) {
  return (
    <div style={{ height: 48 + bars.length * 36 }} role="img" aria-label={title}>
      <ResponsiveBar
        data={[...bars].reverse().map(({ label, value }) => ({ label, value }))}
        keys={['value']}
        indexBy="label"
        layout="horizontal"
        margin={{ top: 4, right: 32, bottom: 32, left: 96 }}
        valueScale={{ type: 'linear', min: 0, max }}
        padding={0.35}
        colors={['var(--accent)']}
        labelTextColor="var(--accent-ink)"
        valueFormat={(value) => `${String(Math.round(value))} %`}
        axisBottom={{ tickValues: 5, format: (value) => `${String(value)} %` }}
        axisLeft={{ tickSize: 0, tickPadding: 8 }}
        gridXValues={5}
        enableGridX
        enableGridY={false}
        theme={CHART_THEME}
        animate={false}
        isInteractive={false}
        role="presentation"
      />
    </div>
  )
}
