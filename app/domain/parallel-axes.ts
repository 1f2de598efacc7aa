import type { ComparedRow } from './run-comparison.ts'

export const AXES_MAX = 8
const CATEGORIES_MAX = 12

/** One axis of a chart of parallel coordinates: what each run has there, and how high. */
export interface ParallelAxis {
  /** What the URL calls it. */
  readonly id: string
  readonly label: string
  readonly kind: 'parameter' | 'metric'
  /** Words along the axis with their heights, from 0 (below) to 1. Numbers have two: the least and the greatest. */
  readonly marks: readonly { readonly text: string; readonly height: number }[]
  /** One for each run, in their order; null where the run has none. */
  readonly points: readonly ({ readonly text: string; readonly height: number } | null)[]
}

const idOf = (row: ComparedRow) => `${row.kind}.${row.label}`

/**
 * What can be an axis: parameters and metrics that differ, without those that are only standard errors, and without
 * words of which nearly every run has another.
 */
export function axisCandidates(rows: readonly ComparedRow[]): { readonly id: string; readonly label: string }[] {
  return candidates(rows).map((row) => ({ id: idOf(row), label: row.label }))
}

/**
 * The axes to draw, parameters before metrics, so that a line reads from what was chosen to what came of it.
 * @param chosen ids; empty for the first four parameters and the first four metrics
 */
export function parallelAxes(rows: readonly ComparedRow[], chosen: readonly string[]): ParallelAxis[] {
  const all = candidates(rows)
  const of = (kind: ComparedRow['kind']) => all.filter((row) => row.kind === kind)
  const half = AXES_MAX / 2
  const wanted = all.filter((row) => chosen.includes(idOf(row)))
  const drawn = wanted.length > 0 ? wanted : [...of('parameter').slice(0, half), ...of('metric').slice(0, half)]
  return drawn.slice(0, AXES_MAX).map(axisOf)
}

function candidates(rows: readonly ComparedRow[]): ComparedRow[] {
  const fit = rows.filter(
    (row) =>
      row.isDifferent &&
      (row.kind === 'parameter' || row.kind === 'metric') &&
      !/_se( on .*)?$/.test(row.label) &&
      (numbersOf(row) !== null || categoriesOf(row).length <= CATEGORIES_MAX),
  )
  return [...fit.filter(({ kind }) => kind === 'parameter'), ...fit.filter(({ kind }) => kind === 'metric')]
}

function axisOf(row: ComparedRow): ParallelAxis {
  const about = { id: idOf(row), label: row.label, kind: row.kind === 'metric' ? 'metric' : 'parameter' } as const
  const numbers = numbersOf(row)
  if (numbers === null) {
    const categories = categoriesOf(row)
    const heightOf = (text: string) =>
      categories.length === 1 ? 0.5 : categories.indexOf(text) / (categories.length - 1)
    return {
      ...about,
      marks: categories.map((text) => ({ text, height: heightOf(text) })),
      points: row.values.map((value) =>
        value === null ? null : { text: String(value), height: heightOf(String(value)) },
      ),
    }
  }
  const known = numbers.filter((value): value is number => value !== null)
  const [least, greatest] = [Math.min(...known), Math.max(...known)]
  // Of the greatest numbers that there are only halves have a difference.
  const scale = Number.isFinite(greatest - least) ? 1 : 0.5
  const heightOf = (value: number) =>
    greatest === least ? 0.5 : (value * scale - least * scale) / (greatest * scale - least * scale)
  return {
    ...about,
    marks: [...new Set([least, greatest])].map((value) => ({ text: short(value), height: heightOf(value) })),
    points: numbers.map((value) => (value === null ? null : { text: short(value), height: heightOf(value) })),
  }
}

/** Null when one of the values is a word. What is no finite number is a gap. */
function numbersOf({ values }: ComparedRow): (number | null)[] | null {
  const numbers: (number | null)[] = []
  for (const value of values) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof value === 'string' && !Number.isFinite(number)) return null
    numbers.push(typeof number === 'number' && Number.isFinite(number) ? number : null)
  }
  return numbers.some((value) => value !== null) ? numbers : null
}

function categoriesOf({ values }: ComparedRow): string[] {
  return [...new Set(values.flatMap((value) => (value === null ? [] : [String(value)])))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
}

function short(value: number): string {
  if (Math.abs(value) >= 1e15) return value.toExponential(3)
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 4 })
}
