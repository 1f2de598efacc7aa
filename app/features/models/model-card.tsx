import { Link } from '@remix-run/react'
import type { ModelCard as Card } from '#app/domain/model-card.ts'
import { CARD_PART_WORDS, CARD_PARTS } from '#app/domain/model-card.ts'
import { Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'

/** What people said of a model, what no record says, and the whole card to take along. */
export function ModelCard({
  card,
  writeHref,
  markdownHref,
  jsonHref,
}: {
  card: Pick<Card, 'prose' | 'missing'>
  /** Null for people who may not write here. */
  writeHref: string | null
  markdownHref: string
  jsonHref: string
}) {
  const written = CARD_PARTS.filter((part) => card.prose[part] !== '')
  return (
    <Section
      title="Model card"
      aside={
        <span className="flex flex-wrap gap-3 text-sm">
          {writeHref === null ? null : <Link to={writeHref}>Write it</Link>}
          <a href={markdownHref} download>
            Markdown
          </a>
          <a href={jsonHref} download>
            JSON
          </a>
        </span>
      }
    >
      <div className="grid gap-3">
        {written.map((part) => (
          <div key={part}>
            <h3 className="mb-1 text-sm font-semibold">{CARD_PART_WORDS[part]}</h3>
            <Prose text={card.prose[part]} />
          </div>
        ))}
      </div>
      {card.missing.length === 0 ? (
        <p className="mt-3 text-muted">Nothing is missing.</p>
      ) : (
        <div className="mt-3 rounded-md border border-line bg-surface px-3 py-2">
          <h3 className="mb-1 text-sm font-semibold">
            {card.missing.length === 1 ? 'One part is missing' : `${String(card.missing.length)} parts are missing`}
          </h3>
          <ul className="grid gap-1 text-muted">
            {card.missing.map(({ part, sentence }) => (
              <li key={part}>
                <span className="text-ink">{part}.</span> {sentence}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  )
}
