import { rowEntry } from '#app/domain/glossary.ts'
import { Definitions } from '#app/ui/layout.tsx'
import { Term } from '../term.tsx'

/** A frozen document of rows: what it says, in the order in which it was written. */
export function DocumentRows({
  rows,
  consequence,
}: {
  rows: readonly { readonly term: string; readonly value: string }[]
  consequence: string
}) {
  return (
    <>
      <Definitions
        rows={rows.map((row) => {
          const entry = rowEntry(row.term)
          return entry === null ? row : { ...row, label: <Term entry={entry}>{row.term}</Term> }
        })}
      />
      <p className="prose-width mt-6">{consequence}</p>
    </>
  )
}
