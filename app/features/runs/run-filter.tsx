import { Form } from '@remix-run/react'
import { metricName } from '#app/domain/metric.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { ExportLinks } from '#app/ui/layout.tsx'
import { Sign } from '#app/ui/sign.tsx'

/** Filter in MLflow's own words, columns to show, and the same rows as files. Works without JavaScript. */
export function RunFilter({
  typed,
  error,
  columns,
  rows,
  exports,
}: {
  typed: { readonly filter: string; readonly order: string }
  error: string | null
  columns: readonly string[]
  rows: readonly {
    readonly metrics: readonly { readonly key: string }[]
    readonly params: readonly { readonly key: string }[]
  }[]
  exports: { readonly csv: string; readonly json: string }
}) {
  const metrics = distinct(rows.flatMap((row) => row.metrics.map(({ key }) => `metrics.${key}`)))
  const params = distinct(rows.flatMap((row) => row.params.map(({ key }) => `params.${key}`)))
  return (
    <Form method="get" role="search" className="mb-3">
      {typed.order === '' ? null : <input type="hidden" name="order" value={typed.order} />}
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 grow sm:max-w-xl">
          <input
            type="search"
            name="filter"
            defaultValue={typed.filter}
            aria-label="Filter runs, as MLflow does"
            aria-invalid={error === null ? undefined : true}
            aria-describedby={error === null ? undefined : 'filter-error'}
            placeholder="metrics.roc_auc > 0.8 AND params.algorithm = 'logistic'"
            className="control"
          />
          {error === null ? null : (
            <p id="filter-error" className="mt-1 text-sm text-breach">
              <Sign name="cross" /> {error} All runs are shown.
            </p>
          )}
        </div>
        <SubmitButton look="plain">Filter</SubmitButton>
        <p className="ml-auto py-2 text-sm text-muted">
          <ExportLinks {...exports} />
        </p>
      </div>
      {metrics.length + params.length === 0 ? null : (
        <details className="mt-1 text-sm" open={columns.length > 0}>
          <summary className="text-muted">Columns</summary>
          <div className="mt-2 flex flex-wrap gap-x-5 gap-y-2">
            {[...metrics, ...params].map((key) => (
              <label key={key} className="flex min-h-6 items-center gap-2">
                <input
                  type="checkbox"
                  name="column"
                  value={key}
                  defaultChecked={columns.includes(key)}
                  className="size-5 accent-accent"
                />
                {columnName(key)}
              </label>
            ))}
          </div>
        </details>
      )}
    </Form>
  )
}

/** `metrics.roc_auc` as ROC-AUC, `params.l2` as l2. */
export function columnName(key: string): string {
  return key.startsWith('metrics.') ? metricName(key.slice(8)) : key.replace(/^params\./, '')
}

function distinct(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort()
}
