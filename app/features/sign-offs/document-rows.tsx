import { Definitions } from '#app/ui/layout.tsx'

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
      <Definitions rows={rows} />
      <p className="prose-width mt-6">{consequence}</p>
    </>
  )
}
