import type { ScopeItem } from '#app/domain/change.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'
import { Section } from '#app/ui/layout.tsx'

const KINDS: readonly (readonly [ScopeItem['kind'], string, Tone])[] = [
  ['in', 'In', 'met'],
  ['added', 'Added', 'accent'],
  ['pushed', 'Pushed to later', 'risk'],
  ['removed', 'Taken out', 'unknown'],
  ['out', 'Out', 'unknown'],
]

/** The scope as it stands, by kind. */
export function ScopeList({ items }: { items: readonly ScopeItem[] }) {
  if (items.length === 0) return null
  return (
    <Section title="The scope as it stands">
      <ul className="grid gap-2">
        {KINDS.flatMap(([kind, word, tone]) =>
          items
            .filter((item) => item.kind === kind)
            .map((item) => (
              <li key={`${kind} ${item.text}`} className="flex items-baseline gap-x-3">
                <span className="shrink-0">
                  <Badge tone={tone}>{word}</Badge>
                </span>
                <span className="prose-width wrap-anywhere">
                  {item.text}
                  {item.changeNumber === null ? null : (
                    <span className="text-sm text-muted"> by change {item.changeNumber}</span>
                  )}
                </span>
              </li>
            )),
        )}
      </ul>
    </Section>
  )
}
