import type { RunNotes as Notes } from '#app/domain/run-note.ts'
import { RUN_NOTE_WORDS, RUN_NOTES } from '#app/domain/run-note.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'

interface Change {
  readonly id: number
  readonly summary: string
  readonly at: Date
  readonly detail: Readonly<Record<string, string | number | null>>
}

/** What people wrote about a run, with every change of it. */
export function RunNotes({
  notes,
  changes,
  endedAt,
  zone,
  writeHref,
}: {
  notes: Notes
  /** Newest first. */
  changes: readonly Change[]
  /** When the run ended; null while it has not. */
  endedAt: Date | null
  zone: string
  /** Null for people who may not write here. */
  writeHref: string | null
}) {
  const written = RUN_NOTES.filter((note) => notes[note] !== '')
  const hypothesised = changes.find(({ detail }) => detail['hypothesis'] !== undefined)
  const isAfterwards = notes.hypothesis !== '' && endedAt !== null && hypothesised && hypothesised.at > endedAt
  return (
    <Section
      title="What was expected, what was learned?"
      aside={writeHref === null ? undefined : <LinkButton to={writeHref}>Write about it</LinkButton>}
    >
      {written.length === 0 ? (
        <p className="prose-width text-muted">
          Nobody wrote a hypothesis, a note or a conclusion. Whoever opens this run in a year will need one.
        </p>
      ) : (
        <div className="grid gap-3">
          {written.map((note) => (
            <div key={note}>
              <h3 className="mb-1 text-sm font-semibold">
                {RUN_NOTE_WORDS[note]}
                {note === 'hypothesis' && isAfterwards ? (
                  <span className="font-normal text-muted"> · written after the run had ended</span>
                ) : null}
              </h3>
              <Prose text={notes[note]} />
            </div>
          ))}
        </div>
      )}
      {changes.length === 0 ? null : (
        <details className="mt-3 text-sm">
          <summary className="cursor-pointer text-muted">
            {changes.length === 1 ? 'One change' : `${String(changes.length)} changes`}
          </summary>
          <ol className="mt-2 grid gap-3">
            {changes.map((change) => (
              <li key={change.id} className="border-l-2 border-line pl-3">
                {change.summary} <Time at={change.at} zone={zone} />
                {RUN_NOTES.map((note) => {
                  const text = change.detail[note]
                  if (typeof text !== 'string') return null
                  return (
                    <div key={note} className="mt-1 text-muted">
                      {RUN_NOTE_WORDS[note]}: {text === '' ? 'taken away' : <Prose text={text} />}
                    </div>
                  )
                })}
              </li>
            ))}
          </ol>
        </details>
      )}
    </Section>
  )
}
