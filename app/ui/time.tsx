const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/**
 * A moment. Shown absolute in the reader's zone; when it is recent, also as how long ago. `now` comes from the loader, so
 * that server and browser write the same words.
 */
export function Time({ at, now, zone = 'UTC' }: { at: Date | string; now?: Date | string; zone?: string }) {
  const date = new Date(at)
  const words = absolute(date, zone)
  const ago = now === undefined ? null : agoWords(date, new Date(now))
  return (
    <time dateTime={date.toISOString()} title={`${words} (${zone})`}>
      {ago === null ? words : `${ago}`}
      {ago === null ? null : <span className="text-muted"> · {words}</span>}
    </time>
  )
}

function absolute(date: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(date)
}

/** "3 hours ago" within two weeks, null beyond. */
function agoWords(date: Date, now: Date): string | null {
  const passed = now.getTime() - date.getTime()
  if (passed < 0 || passed > 14 * 86_400_000) return null
  for (const [unit, size] of UNITS) {
    const count = Math.floor(passed / size)
    if (count > 0) return `${String(count)} ${unit}${count === 1 ? '' : 's'} ago`
  }
  return 'just now'
}
