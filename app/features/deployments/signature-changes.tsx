import type { SignatureChange } from '#app/domain/openapi.ts'
import { Badge } from '#app/ui/badge.tsx'

/** What callers would notice when this version took over, and who they are. Nothing when nothing changes for them. */
export function SignatureChanges({
  changes,
  consumers,
}: {
  changes: readonly SignatureChange[]
  consumers: readonly string[]
}) {
  if (changes.length === 0) return null
  const breaks = changes.some(({ isBreaking }) => isBreaking)
  return (
    <div className="mt-3">
      <p className="mb-1 font-semibold">
        {breaks ? 'This breaks what callers send today' : 'Callers may notice'}
        {consumers.length === 0 ? '; no token for predictions is in use.' : `: ${consumers.join(', ')}.`}
      </p>
      <ul className="grid gap-1">
        {changes.map(({ field, change, isBreaking }) => (
          <li key={field} className="flex flex-wrap items-center gap-2">
            <Badge tone={isBreaking ? 'breach' : 'unknown'}>{isBreaking ? 'Breaking' : 'Compatible'}</Badge>
            <span>
              <code className="font-mono text-sm">{field}</code> {change}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
