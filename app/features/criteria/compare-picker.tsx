/** Choose two versions to compare; the choice is in the address. */
export function ComparePicker({
  versions,
  shown,
  against,
}: {
  versions: readonly number[]
  shown: number
  against: number | null
}) {
  const select = (name: string, label: string, chosen: number | null) => (
    <label className="flex items-center gap-2">
      {label}
      <select name={name} defaultValue={chosen ?? ''} className="control w-24">
        {versions.map((version) => (
          <option key={version} value={version}>
            {version}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <form method="get" className="mb-3 flex flex-wrap items-center gap-3">
      {select('against', 'Version', against)}
      {select('version', 'against', shown)}
      <button
        type="submit"
        className="min-h-9 cursor-pointer rounded-md border border-line-strong bg-surface px-3 font-semibold hover:bg-sunken"
      >
        Compare
      </button>
    </form>
  )
}
