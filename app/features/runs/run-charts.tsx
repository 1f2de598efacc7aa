import { useRevalidator } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { Section } from '#app/ui/layout.tsx'
import { SeriesChart } from '#app/ui/lazy-chart.tsx'
import { listenLive } from '#app/ui/live-stream.ts'

interface Series {
  readonly key: string
  /** A value that is no number is a gap. */
  readonly points: readonly { readonly step: number; readonly value: number | null }[]
}

/** A run's metrics by step, as they come while it runs. Without JavaScript they are what they were when the page was made. */
export function RunCharts({
  series,
  liveUrl,
}: {
  series: readonly Series[]
  /** Null for a run that has ended. */
  liveUrl: string | null
}) {
  const [live, setLive] = useState<readonly Series[] | null>(null)
  const { revalidate } = useRevalidator()

  useEffect(() => {
    if (liveUrl === null) return
    const stop = listenLive(liveUrl, {
      metrics: (event) => setLive(JSON.parse(String(event.data)) as Series[]), // our own door writes it
      end() {
        stop()
        setLive(null)
        revalidate()
      },
    })
    return stop
    // The run's end brings new loader data, for which no stream is needed.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [liveUrl])

  const shown = liveUrl === null || live === null ? series : live
  if (shown.length === 0 && liveUrl === null) return null
  return (
    <Section
      title="By step"
      aside={liveUrl === null ? undefined : <span className="text-sm text-muted">As the run logs</span>}
    >
      {shown.length === 0 ? (
        <p className="text-muted">No metric has a second step yet. It is drawn here as soon as one has.</p>
      ) : (
        <div className="grid gap-4 lg:grid-cols-2">
          {shown.map(({ key, points }) => (
            <figure key={key}>
              <figcaption className="font-semibold">{key}</figcaption>
              <SeriesChart
                title={`${key} by step`}
                xLabel="step"
                series={[{ id: key, points: points.map(({ step, value }) => ({ x: step, y: value })) }]}
              />
              <p className="text-sm text-muted">
                from {words(points[0])} to {words(points.at(-1))}
              </p>
            </figure>
          ))}
        </div>
      )}
    </Section>
  )
}

function words(point: Series['points'][number] | undefined): string {
  return `${point?.value?.toPrecision(4) ?? 'no number'} at step ${String(point?.step ?? 0)}`
}
