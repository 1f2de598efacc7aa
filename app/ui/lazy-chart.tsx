import type { ReactNode } from 'react'
import { lazy, Suspense } from 'react'
import type { BarChartProps } from './chart-bar.tsx'
import type { BulletProps } from './chart-criterion.tsx'
import type { LineChartProps } from './chart-line.tsx'
import { useIsBrowser } from './use-is-browser.ts'

const Bullet = lazy(async () => ({ default: (await import('./chart-criterion.tsx')).CriterionChart }))
const Line = lazy(async () => ({ default: (await import('./chart-line.tsx')).LineChart }))
const Bar = lazy(async () => ({ default: (await import('./chart-bar.tsx')).BarChart }))

/** Charts are drawn in the browser, from code that is fetched when a page has one; the place they need is kept. */
function Drawn({ height, children }: { height: string; children: ReactNode }) {
  const isBrowser = useIsBrowser()
  const place = <div className={height} aria-hidden="true" />
  return isBrowser ? <Suspense fallback={place}>{children}</Suspense> : place
}

export function CriterionBullet(props: BulletProps) {
  return (
    <Drawn height="h-16">
      <Bullet {...props} />
    </Drawn>
  )
}

export function SeriesChart(props: LineChartProps) {
  return (
    <Drawn height="h-56">
      <Line {...props} />
    </Drawn>
  )
}

export function ProgressBars(props: BarChartProps) {
  return (
    <Drawn height="h-40">
      <Bar {...props} />
    </Drawn>
  )
}
