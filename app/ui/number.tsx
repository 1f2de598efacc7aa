/** A value with its unit, or a dash with the reason why there is none: unmeasured is never 0. */
export function Value({ value, unit = '', missing }: { value: number | null; unit?: string; missing: string }) {
  if (value === null || Number.isNaN(value))
    return (
      <span className="text-muted" title={missing}>
        <span aria-hidden="true">–</span>
        <span className="sr-only">{missing}</span>
      </span>
    )
  return (
    <span className="whitespace-nowrap">
      {formatNumber(value)}
      {unit === '' ? null : <span className="text-muted"> {unit}</span>}
    </span>
  )
}

/** Four significant digits, with thousands apart. */
export function formatNumber(value: number): string {
  return Number.isFinite(value)
    ? value.toLocaleString('en-GB', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 7 : 4 })
    : String(value)
}
