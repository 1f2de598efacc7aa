/** What changed, field by field: before struck through, after underlined. On a phone one stands under the other. */
export function Redline({
  changes,
}: {
  changes: readonly { readonly label: string; readonly before: string; readonly after: string; readonly note: string }[]
}) {
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full border-collapse text-left max-sm:block">
        <caption className="sr-only">What changed</caption>
        <thead className="max-sm:sr-only">
          <tr className="border-b border-line bg-sunken text-sm">
            <th scope="col" className="px-3 py-2">
              Field
            </th>
            <th scope="col" className="px-3 py-2">
              Before
            </th>
            <th scope="col" className="px-3 py-2">
              After
            </th>
            <th scope="col" className="px-3 py-2">
              Kind of change
            </th>
          </tr>
        </thead>
        <tbody className="max-sm:block">
          {changes.map((change) => (
            <tr key={change.label} className="border-b border-line align-top last:border-b-0 max-sm:block max-sm:py-2">
              <th scope="row" className="px-3 py-2 font-semibold max-sm:block max-sm:py-1">
                {change.label}
              </th>
              <td className="px-3 py-2 whitespace-pre-line max-sm:block max-sm:py-1">
                <del className="text-breach">{change.before}</del>
              </td>
              <td className="px-3 py-2 whitespace-pre-line max-sm:block max-sm:py-1">
                <ins className="text-met">{change.after}</ins>
              </td>
              <td className="px-3 py-2 text-muted max-sm:block max-sm:py-1">{change.note}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
