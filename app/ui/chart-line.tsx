import { ResponsiveLine } from '@nivo/line'
import { CHART_THEME, SERIES_COLOURS } from './chart-theme.ts'

export interface LineChartProps {
  readonly title: string
  readonly xLabel: string
  readonly series: readonly {
    readonly id: string
    readonly points: readonly { readonly x: number; readonly y: number | null }[]
  }[]
  /** Names the series below the chart. */
  readonly hasLegend?: boolean
}

/** Series over steps, drawn by nivo; gaps stay gaps. */
export function LineChart({ title, xLabel, series, hasLegend = false }: LineChartProps) {
  return (
    <>
      <div className="h-56" role="img" aria-label={title}>
        <ResponsiveLine
          data={series.slice(0, SERIES_COLOURS.length).map(({ id, points }) => ({
            id,
            data: points.map(({ x, y }) => ({ x, y: y !== null && Number.isFinite(y) ? y : null })),
          }))}
          margin={{ top: 12, right: 16, bottom: 44, left: 56 }}
          xScale={{ type: 'linear', min: 'auto', max: 'auto' }}
          yScale={{ type: 'linear', min: 'auto', max: 'auto' }}
          axisBottom={{ legend: xLabel, legendOffset: 34, legendPosition: 'middle', tickValues: 5 }}
          axisLeft={{ tickValues: 4, format: (value) => Number(value).toPrecision(3) }}
          gridYValues={4}
          enableGridX={false}
          colors={[...SERIES_COLOURS]}
          pointSize={0}
          lineWidth={1.5}
          theme={CHART_THEME}
          animate={false}
          isInteractive={false}
          role="presentation"
        />
      </div>
      {hasLegend ? (
        <ul className="flex flex-wrap gap-x-4 text-sm text-muted">
          {series.slice(0, SERIES_COLOURS.length).map(({ id }, index) => (
            <li key={`${id} ${String(index)}`} className="flex items-center gap-1.5">
              <span aria-hidden="true" className="h-0.5 w-4" style={{ background: SERIES_COLOURS[index] }} />
              {id}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  )
}
