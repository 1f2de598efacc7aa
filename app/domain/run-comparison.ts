import { notesOf, RUN_NOTE_WORDS, RUN_NOTES } from './run-note.ts'

/** What is compared of a run: its last values and its verdicts. */
export interface ComparedRun {
  readonly params: readonly { readonly key: string; readonly value: string }[]
  readonly metrics: readonly { readonly key: string; readonly value: number; readonly datasetName: string }[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly inputs: readonly { readonly name: string; readonly digest: string; readonly role: string }[]
  readonly verdicts: readonly { readonly key: string; readonly version: number; readonly verdict: string }[]
}

export interface ComparedRow {
  readonly kind: 'verdict' | 'note' | 'metric' | 'data' | 'parameter'
  readonly label: string
  /** One for each run, in their order; null where the run has none. */
  readonly values: readonly (string | number | null)[]
  readonly isDifferent: boolean
}

/** Every value of every run side by side: verdicts, what was written, metrics, data, parameters, each by name. */
export function comparedRows(runs: readonly ComparedRun[]): ComparedRow[] {
  return [
    ...rowsOf(
      'verdict',
      runs.map((run) =>
        run.verdicts.map(({ key, version, verdict }) => [`${key} v${String(version)}`, verdict] as const),
      ),
    ),
    ...rowsOf(
      'note',
      runs.map((run) => {
        const notes = notesOf(run.tags)
        return RUN_NOTES.flatMap((note) => (notes[note] === '' ? [] : [[RUN_NOTE_WORDS[note], notes[note]] as const]))
      }),
      RUN_NOTES.map((note) => RUN_NOTE_WORDS[note]),
    ),
    ...rowsOf(
      'metric',
      runs.map((run) =>
        run.metrics.map(
          ({ key, value, datasetName }) => [datasetName === '' ? key : `${key} on ${datasetName}`, value] as const,
        ),
      ),
    ),
    ...rowsOf(
      'data',
      runs.map((run) => run.inputs.map(({ name, digest, role }) => [`${role}: ${name}`, digest] as const)),
    ),
    ...rowsOf(
      'parameter',
      runs.map((run) => run.params.map(({ key, value }) => [key, value] as const)),
    ),
  ]
}

/** @param order every label in its order; empty for that of the alphabet */
function rowsOf(
  kind: ComparedRow['kind'],
  runs: readonly (readonly (readonly [string, string | number])[])[],
  order: readonly string[] = [],
): ComparedRow[] {
  const maps = runs.map((entries) => new Map(entries))
  const labels = [...new Set(runs.flatMap((entries) => entries.map(([label]) => label)))].sort(
    (a, b) => order.indexOf(a) - order.indexOf(b) || a.localeCompare(b, 'en', { numeric: true }),
  )
  return labels.map((label) => {
    const values = maps.map((map) => map.get(label) ?? null)
    return { kind, label, values, isDifferent: values.some((value) => !Object.is(value, values[0])) }
  })
}
