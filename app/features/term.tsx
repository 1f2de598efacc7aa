import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { GlossaryEntry } from '#app/domain/glossary.ts'
import { paths } from '#app/paths.ts'

/**
 * A word of the field that explains itself where it stands: a disclosure of the browser's own, so it works by keyboard
 * and without script. It may not stand inside a paragraph.
 */
export function Term({
  entry,
  opensTo = 'right',
  children,
}: {
  entry: GlossaryEntry
  /** Where there is room for the explanation; on a narrow screen it stands at the lower edge. */
  opensTo?: 'left' | 'right'
  children?: ReactNode
}) {
  return (
    <details name="glossary" className="relative inline-block">
      <summary className="cursor-help list-none underline decoration-dotted underline-offset-4 hover:text-ink [&::-webkit-details-marker]:hidden">
        {children ?? entry.term}
      </summary>
      <div
        className={`fixed inset-x-4 bottom-4 z-20 rounded-md border border-line-strong bg-surface p-3 text-left text-base text-ink sm:absolute sm:inset-x-auto sm:bottom-auto sm:mt-1 sm:w-72 ${opensTo === 'right' ? 'sm:left-0' : 'sm:right-0'}`}
      >
        <p className="font-semibold">{entry.term}</p>
        <p className="mt-1">{entry.means}</p>
        {entry.doesNotMean === null ? null : <p className="mt-2 text-muted">{entry.doesNotMean}</p>}
        <p className="mt-2 text-sm text-muted">
          An explanation, not part of what is signed. <Link to={`${paths.glossary()}#${entry.key}`}>All words</Link>
        </p>
      </div>
    </details>
  )
}
