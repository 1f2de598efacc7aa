import type { PartialTheme } from '@nivo/theming'

/** Colours of the page's own theme, so that charts follow light and dark. */
export const CHART_THEME: PartialTheme = {
  background: 'transparent',
  text: { fontSize: 12, fill: 'var(--muted)' },
  axis: {
    domain: { line: { stroke: 'var(--line-strong)', strokeWidth: 1 } },
    ticks: { line: { stroke: 'var(--line-strong)', strokeWidth: 1 }, text: { fill: 'var(--muted)', fontSize: 12 } },
    legend: { text: { fill: 'var(--muted)', fontSize: 12 } },
  },
  grid: { line: { stroke: 'var(--line)', strokeWidth: 1 } },
  legends: { text: { fill: 'var(--muted)', fontSize: 12 } },
  tooltip: {
    container: { background: 'var(--surface)', color: 'var(--ink)', fontSize: 12, border: '1px solid var(--line)' },
  },
}

/** Of lines that are told apart, in their order. */
export const SERIES_COLOURS = [
  'var(--accent)',
  'var(--risk)',
  'var(--met)',
  'var(--breach)',
  'var(--muted)',
  'var(--ink)',
] as const
