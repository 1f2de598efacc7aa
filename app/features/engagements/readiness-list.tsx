import type { ReadinessItem } from '#app/domain/readiness.ts'
import { Badge } from '#app/ui/badge.tsx'

/** Every condition for becoming active, met or not, with what is missing and who can give it. */
export function ReadinessList({ items }: { items: readonly ReadinessItem[] }) {
  return (
    <ul className="grid gap-2">
      {items.map((item) => (
        <li key={item.label} className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          {item.isOff === true ? (
            <Badge tone="unknown">Switched off</Badge>
          ) : (
            <Badge tone={item.isMet ? 'met' : 'risk'}>{item.isMet ? 'There' : 'Missing'}</Badge>
          )}
          <span className="font-semibold">{item.label}</span>
          <span className="text-sm text-muted">{item.because}</span>
        </li>
      ))}
    </ul>
  )
}
