import type { PlainSignature } from './openapi.ts'

/** What a file holds in one column. Lines are counted from 1, the header included. */
export interface ColumnFacts {
  /** The first cell that is empty; null: none is. */
  readonly emptyAtLine: number | null
  /** The first cell that is neither empty nor a number; null: none is. */
  readonly textAt: { readonly line: number; readonly value: string } | null
}

/** Columns by name. */
export type DataFacts = Readonly<Record<string, ColumnFacts>>

/** One thing that the fresh data has to hold. */
export interface ColumnNeed {
  readonly column: string
  readonly isNumber: boolean
  readonly mayBeEmpty: boolean
  /** Who asks for it: `the recipe`, `the live model`. */
  readonly askedBy: string
}

/**
 * What the fresh data must hold: every column that the recipe read when the live model was trained, and every input of the
 * live model that comes from a column. What was a number stays one, and what had no gaps gets none.
 * @param input.before what the live model's own training data holds; null when it is not kept any more, then only the
 *   signature says what is a number
 */
export function columnNeeds(input: {
  readonly recipeColumns: readonly string[]
  readonly signature: PlainSignature | null
  readonly columnsBefore: readonly string[]
  readonly before: DataFacts | null
}): ColumnNeed[] {
  const inputs = new Map((input.signature?.inputs ?? []).map((one) => [one.name, one]))
  return input.recipeColumns.flatMap<ColumnNeed>((column) => {
    const asked = inputs.get(column)
    // A recipe that was told to leave columns out has read data without them.
    if (asked === undefined && !input.columnsBefore.includes(column)) return []
    const before = input.before?.[column]
    return [
      {
        column,
        isNumber: before ? before.textAt === null : asked?.type === 'double',
        mayBeEmpty: before ? before.emptyAtLine !== null || asked?.required === false : asked?.required !== true,
        askedBy: asked === undefined ? 'the recipe' : 'the live model',
      },
    ]
  })
}

/** Why fresh data does not fit, one sentence for each column. @param columns as its header names them */
export function schemaProblems(
  needs: readonly ColumnNeed[],
  fresh: { readonly name: string; readonly columns: readonly string[]; readonly facts: DataFacts },
): string[] {
  return needs.flatMap(({ column, isNumber, mayBeEmpty, askedBy }) => {
    if (!fresh.columns.includes(column)) return [`${fresh.name} has no column ${column}, which ${askedBy} asks for.`]
    const facts = fresh.facts[column]
    if (facts === undefined) return []
    if (isNumber && facts.textAt !== null)
      return [
        `${fresh.name}, line ${String(facts.textAt.line)}: ${column} is “${facts.textAt.value}”, and ${askedBy} asks for a number.`,
      ]
    if (!mayBeEmpty && facts.emptyAtLine !== null)
      return [`${fresh.name}, line ${String(facts.emptyAtLine)}: ${column} is empty, and ${askedBy} asks for a value.`]
    return []
  })
}

/**
 * Which version fills a role. What is learned from is the newest. What is measured on is the version that the signed
 * criteria name, because they are only the same criteria on the same data; the newest when none of them names one.
 * Source: DECISIONS.md 0063.
 * @param versions usable ones of the dataset whose bytes are here, newest first
 */
export function fillRole<Version extends { readonly digest: string }>(
  role: 'train' | 'test',
  versions: readonly Version[],
  signedDigests: ReadonlySet<string>,
): Version | null {
  const signed = role === 'test' ? versions.find(({ digest }) => signedDigests.has(digest)) : undefined
  return signed ?? versions[0] ?? null
}
