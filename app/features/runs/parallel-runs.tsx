import { Form } from '@remix-run/react'
import type { ParallelAxis } from '#app/domain/parallel-axes.ts'
import { AXES_MAX } from '#app/domain/parallel-axes.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { Section } from '#app/ui/layout.tsx'
import { ParallelCoordinates } from '#app/ui/parallel-coordinates.tsx'

/** From what was chosen to what came of it: one line for each run, across the parameters and metrics that differ. */
export function ParallelRuns({
  runs,
  axes,
  candidates,
  showsAll,
}: {
  runs: readonly { readonly id: string; readonly name: string }[]
  axes: readonly ParallelAxis[]
  candidates: readonly { readonly id: string; readonly label: string }[]
  showsAll: boolean
}) {
  if (axes.length < 2) return null
  return (
    <Section title="From parameters to metrics">
      <ParallelCoordinates
        title={`${axes.map(({ label }) => label).join(', ')} of ${runs.map(({ name }) => name).join(', ')}`}
        axes={axes}
        lines={runs}
      />
      <p className="mt-2 text-sm text-muted">Higher on an axis is more, not better. The table holds the same values.</p>
      {candidates.length <= axes.length ? null : (
        <details className="mt-2">
          <summary className="cursor-pointer text-sm text-muted">Choose the axes, {AXES_MAX} at most</summary>
          <Form method="get" className="mt-2">
            {runs.map(({ id }) => (
              <input key={id} type="hidden" name="run" value={id} />
            ))}
            {showsAll ? <input type="hidden" name="all" value="1" /> : null}
            <fieldset className="mb-3 grid gap-1 sm:grid-cols-2 lg:grid-cols-3">
              <legend className="sr-only">Axes</legend>
              {candidates.map(({ id, label }) => (
                <label key={id} className="flex items-center gap-2">
                  <input
                    type="checkbox"
                    name="axis"
                    value={id}
                    defaultChecked={axes.some((axis) => axis.id === id)}
                    className="size-4 accent-accent"
                  />
                  <span className="wrap-anywhere">{label}</span>
                </label>
              ))}
            </fieldset>
            <SubmitButton look="plain">Draw these</SubmitButton>
          </Form>
        </details>
      )}
    </Section>
  )
}
