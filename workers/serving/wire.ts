/**
 * What the model server and a model's container say to each other. Numbers travel as base64 of 64-bit floats: exact, also
 * where JSON has no word for them. Only types are imported, because the file lies in the container's image as it is.
 */
import type { Columns, Predictions } from './protocol.ts'

type WireColumn =
  { readonly name: string; readonly numbers: string } | { readonly name: string; readonly texts: string[] }

export interface WireQuestion {
  readonly rowCount: number
  readonly columns: readonly WireColumn[]
}

export interface WireAnswer {
  /** Values for each row. */
  readonly width: number
  readonly numbers: string
}

export function questionOf({ rowCount, values }: Columns): WireQuestion {
  return {
    rowCount,
    columns: [...values].map(([name, list]) =>
      typeof list[0] === 'string'
        ? { name, texts: list.map(String) }
        : { name, numbers: packed(Float64Array.from(list, Number)) },
    ),
  }
}

export function columnsOf({ rowCount, columns }: WireQuestion): Columns {
  return {
    rowCount,
    values: new Map(
      columns.map((column) => [column.name, 'texts' in column ? column.texts : unpacked(column.numbers)] as const),
    ),
  }
}

export function wireAnswerOf(predictions: Predictions): WireAnswer {
  const [first] = predictions
  return { width: Array.isArray(first) ? first.length : 0, numbers: packed(Float64Array.from(predictions.flat())) }
}

/** @returns null when it is not one answer, or one list of them, for each row */
export function predictionsOf({ width, numbers }: WireAnswer, rowCount: number): Predictions | null {
  const flat = unpacked(numbers)
  if (flat.length !== rowCount * Math.max(1, width)) return null
  if (width === 0) return flat
  return Array.from({ length: rowCount }, (_, row) => flat.slice(row * width, (row + 1) * width))
}

function packed(list: Float64Array): string {
  return Buffer.from(list.buffer, list.byteOffset, list.byteLength).toString('base64')
}

function unpacked(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  const aligned = new Uint8Array(bytes.length - (bytes.length % 8))
  aligned.set(bytes.subarray(0, aligned.length))
  return Array.from(new Float64Array(aligned.buffer))
}
