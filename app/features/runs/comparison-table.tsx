import { Link } from '@remix-run/react'
import type { ComparedRow } from '#app/domain/run-comparison.ts'
import { VERDICTS } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { Prose } from '#app/ui/prose.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

const KIND_WORDS: Readonly<Record<ComparedRow['kind'], string>> = {
  verdict: 'Verdicts',
  note: 'Written about them',
  metric: 'Metrics',
  data: 'Data',
  parameter: 'Parameters',
}

/** Runs beside each other; what differs stands out by weight and by a sign. */
export function ComparisonTable({
  engagementId,
  runs,
  rows,
}: {
  engagementId: string
  runs: readonly { readonly id: string; readonly name: string }[]
  rows: readonly ComparedRow[]
}) {
  if (rows.length === 0) return <p className="text-muted">They logged the same.</p>
  return (
    <div
      className="relative overflow-x-auto rounded-lg border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label="Compared runs"
    >
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">Compared runs</caption>
        <thead>
          <tr className="border-b border-line bg-sunken text-sm">
            <th scope="col" className="px-3 py-2 font-semibold">
              What
            </th>
            {runs.map((run) => (
              <th key={run.id} scope="col" className="min-w-36 px-3 py-2 font-semibold">
                <Link to={paths.run(engagementId, run.id)}>{run.name}</Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${row.kind} ${row.label}`} className="border-b border-line last:border-b-0">
              <th scope="row" className="px-3 py-2 align-top font-normal">
                {rows[index - 1]?.kind === row.kind ? null : (
                  <span className="block text-xs text-muted">{KIND_WORDS[row.kind]}</span>
                )}
                {row.label}
                {row.isDifferent ? (
                  <span className="text-muted" title="differs">
                    {' '}
                    ≠<span className="sr-only"> differs</span>
                  </span>
                ) : null}
              </th>
              {row.values.map((value, at) => (
                <td
                  key={runs[at]?.id ?? at}
                  className={`px-3 py-2 align-top ${row.isDifferent && row.kind !== 'note' ? 'font-semibold' : ''}`}
                >
                  <Cell kind={row.kind} value={value} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell({ kind, value }: { kind: ComparedRow['kind']; value: string | number | null }) {
  const verdict = kind === 'verdict' ? VERDICTS.find((known) => known === value) : undefined
  if (verdict) return <VerdictBadge verdict={verdict} />
  if (value === null) return <span className="text-muted">–</span>
  if (kind === 'note')
    return (
      <div className="line-clamp-6 min-w-48">
        <Prose text={String(value)} />
      </div>
    )
  return (
    <span className="wrap-anywhere">
      {typeof value === 'number' ? formatNumber(value) : kind === 'data' ? `${value.slice(0, 12)}…` : value}
    </span>
  )
}
