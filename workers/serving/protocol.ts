import * as z from 'zod'
import { FLOAT32_MAX, REQUEST_ROWS_MAX, TEXT_LENGTH_MAX } from '#app/domain/prediction-limits.ts'

const InputColumn = z.object({
  name: z.string().min(1).max(250),
  type: z.enum(['double', 'string']),
  required: z.boolean().default(true),
  /** The values seen in training. Others are served too: the model treats them as unknown. */
  allowed: z.array(z.string()).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  description: z.string().default(''),
})

/** What a model takes and gives, in the words of the people who call it. */
export const Signature = z.object({
  inputs: z.array(InputColumn).min(1).max(1000),
  outputs: z
    .array(z.object({ name: z.string().min(1), type: z.string(), description: z.string().default('') }))
    .length(1),
})
export type Signature = z.infer<typeof Signature>
type InputColumn = z.infer<typeof InputColumn>

const Split = z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) })

/** What a revision is. The example is MLflow's split form, bare or under `dataframe_split`. */
export const Manifest = z.object({
  onnxPath: z.string().min(1).max(1000),
  onnxSha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature: Signature,
  example: z.union([z.object({ dataframe_split: Split }), Split.transform((split) => ({ dataframe_split: split }))]),
  expected: z.array(z.union([z.number(), z.array(z.number())])).min(1),
})
export type Manifest = z.infer<typeof Manifest>

/** The rows of a request, column by column in the order of the signature. A missing optional number is NaN, text ''. */
export interface Columns {
  rowCount: number
  values: Map<string, readonly number[] | readonly string[]>
}

/** A prediction for each row: a number, or several. */
export type Predictions = number[] | number[][]

/** What the caller did wrong, in a sentence that names the field and the row. */
export class RequestError extends Error {
  readonly status: 400 | 413
  /** The field and the row (from 1) that are wrong, when it is about one. */
  readonly where: { readonly field?: string; readonly row?: number }
  constructor(message: string, status: 400 | 413 = 400, where: { field?: string; row?: number } = {}) {
    super(message)
    this.status = status
    this.where = where
  }
}

type Cells = ReadonlyMap<string, readonly unknown[]>

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const quoted = (name: string) => `“${name.slice(0, 100)}”`

/**
 * Read MLflow's scoring request: exactly one of `dataframe_split`, `dataframe_records`, `instances`, `inputs`.
 * @throws RequestError
 * Source: MLflow, “Local inference server: endpoints and accepted input formats”.
 */
export function parseInvocation(signature: Signature, body: unknown): Columns {
  if (!isRecord(body)) throw new RequestError('The body must be a JSON object.')
  const forms = { dataframe_split: fromSplit, dataframe_records: fromRows, instances: fromRows, inputs: fromInputs }
  const strange = Object.keys(body).find((key) => !Object.hasOwn(forms, key) && key !== 'params')
  const named = Object.entries(forms).filter(([key]) => Object.hasOwn(body, key))
  const [only] = named
  if (strange !== undefined || named.length !== 1 || only === undefined)
    throw new RequestError(
      `The body must have one of ${Object.keys(forms).join(', ')}${strange === undefined ? '' : `, and no ${quoted(strange)}`}.`,
    )
  const [key, read] = only
  return checked(signature, read(signature, body[key], key))
}

function boundRows(count: number): void {
  if (count > REQUEST_ROWS_MAX)
    throw new RequestError(`A request may have ${REQUEST_ROWS_MAX} rows; this one has ${count}.`, 413)
}

function fromSplit(_: Signature, value: unknown, key: string): Cells {
  if (!isRecord(value) || !isList(value['columns']) || !isList(value['data']))
    throw new RequestError(`${key} must have the lists columns and data.`)
  const { columns, data } = value
  boundRows(data.length)
  const cells = new Map<string, unknown[]>()
  for (const column of columns) {
    if (typeof column !== 'string') throw new RequestError(`${key}: every column must be a text.`)
    if (cells.has(column)) throw new RequestError(`${key} names the column ${quoted(column)} twice.`)
    cells.set(column, [])
  }
  const lists = [...cells.values()]
  data.forEach((row, index) => {
    if (!isList(row)) throw new RequestError(`Row ${index + 1} must be a list.`)
    if (row.length !== lists.length)
      throw new RequestError(`Row ${index + 1} has ${row.length} values for ${lists.length} columns.`)
    lists.forEach((list, at) => list.push(row[at]))
  })
  return cells
}

/** Rows as objects, or as lists in the order of the signature. */
function fromRows(signature: Signature, value: unknown, key: string): Cells {
  if (!isList(value)) throw new RequestError(`${key} must be a list of rows.`)
  boundRows(value.length)
  const names = signature.inputs.map((input) => input.name)
  if (value.length > 0 && !isRecord(value[0])) {
    const data = value.map((row) => (isList(row) || names.length > 1 ? row : [row]))
    return fromSplit(signature, { columns: names, data }, key)
  }
  const cells = new Map(names.map((name): [string, unknown[]] => [name, []]))
  value.forEach((row, index) => {
    if (!isRecord(row)) throw new RequestError(`Row ${index + 1} must be an object like the rows before it.`)
    for (const name of Object.keys(row)) {
      if (!cells.has(name))
        throw new RequestError(`Row ${index + 1} has the unknown column ${quoted(name)}.`, 400, {
          field: name,
          row: index + 1,
        })
    }
    for (const input of signature.inputs) {
      if (input.required && !Object.hasOwn(row, input.name))
        throw new RequestError(`Row ${index + 1} has no column ${quoted(input.name)}.`, 400, {
          field: input.name,
          row: index + 1,
        })
      cells.get(input.name)?.push(row[input.name])
    }
  })
  return cells
}

/** `inputs` as an object of columns, each a list of values or of one-value lists; otherwise rows. */
function fromInputs(signature: Signature, value: unknown, key: string): Cells {
  if (!isRecord(value)) return fromRows(signature, value, key)
  return new Map(
    Object.entries(value).map(([name, list]): [string, readonly unknown[]] => {
      if (!isList(list)) throw new RequestError(`The column ${quoted(name)} must be a list.`)
      return [name, list.map((item) => (isList(item) && item.length === 1 ? item[0] : item))]
    }),
  )
}

/** Columns by name against the signature: none unknown, none missing, all of one length, every value of its type. */
function checked(signature: Signature, cells: Cells): Columns {
  const names = new Set(signature.inputs.map((input) => input.name))
  for (const name of cells.keys()) {
    if (!names.has(name)) throw new RequestError(`The model takes no column ${quoted(name)}.`, 400, { field: name })
  }
  const [first] = cells.values()
  const rowCount = first?.length ?? 0
  if (rowCount === 0) throw new RequestError('The request has no rows.')
  boundRows(rowCount)
  const values = new Map<string, readonly number[] | readonly string[]>()
  for (const input of signature.inputs) {
    const list = cells.get(input.name)
    if (list === undefined && input.required)
      throw new RequestError(`The column ${quoted(input.name)} is missing.`, 400, { field: input.name })
    const present = list ?? new Array<null>(rowCount).fill(null)
    if (present.length !== rowCount)
      throw new RequestError(`The column ${quoted(input.name)} has ${present.length} values for ${rowCount} rows.`)
    values.set(input.name, input.type === 'double' ? numbersOf(input, present) : textsOf(input, present))
  }
  return { rowCount, values }
}

function numbersOf(input: InputColumn, list: readonly unknown[]): number[] {
  return list.map((value, index) => {
    if ((value === null || value === undefined) && !input.required) return NaN
    if (typeof value !== 'number')
      throw new RequestError(`Row ${index + 1}: ${quoted(input.name)} must be a number, not ${nameOf(value)}.`, 400, {
        field: input.name,
        row: index + 1,
      })
    if (!Number.isFinite(value) || Math.abs(value) > FLOAT32_MAX)
      throw new RequestError(
        `Row ${index + 1}: ${quoted(input.name)} must be a finite number within 32-bit range.`,
        400,
        { field: input.name, row: index + 1 },
      )
    return value
  })
}

function textsOf(input: InputColumn, list: readonly unknown[]): string[] {
  return list.map((value, index) => {
    if ((value === null || value === undefined) && !input.required) return ''
    if (typeof value !== 'string')
      throw new RequestError(`Row ${index + 1}: ${quoted(input.name)} must be a text, not ${nameOf(value)}.`, 400, {
        field: input.name,
        row: index + 1,
      })
    if (value.length > TEXT_LENGTH_MAX)
      throw new RequestError(
        `Row ${index + 1}: ${quoted(input.name)} is longer than ${TEXT_LENGTH_MAX} characters.`,
        400,
        { field: input.name, row: index + 1 },
      )
    return value
  })
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (isList(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

/**
 * Read text/csv with a header line. An empty field is a missing value.
 * @throws RequestError
 * Source: RFC 4180.
 */
export function parseCsv(signature: Signature, text: string): Columns {
  const [header = [], ...rows] = csvRows(text)
  const types = new Map(signature.inputs.map((input) => [input.name, input.type]))
  const data = rows.map((row, index) =>
    row.map((field, at) => {
      if (field === '') return types.get(header[at] ?? '') === 'double' ? null : field
      if (types.get(header[at] ?? '') !== 'double') return field
      const value = field.trim() === '' ? NaN : Number(field)
      if (Number.isNaN(value))
        throw new RequestError(`Row ${index + 1}: ${quoted(header[at] ?? '')} must be a number, not ${quoted(field)}.`)
      return value
    }),
  )
  return checked(signature, fromSplit(signature, { columns: header, data }, 'The CSV'))
}

function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) throw new RequestError(`Line ${rows.length + 1} of the CSV has a quote out of place.`)
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === ',') {
      if (pattern.lastIndex === text.length) row.push('')
      else continue
    }
    rows.push(row)
    row = []
    if (rows.length > REQUEST_ROWS_MAX + 1) throw new RequestError(`A request may have ${REQUEST_ROWS_MAX} rows.`, 413)
  }
  return rows
}

/**
 * Read the plain form: one row as an object, or `{ "rows": [ … ] }`.
 * @throws RequestError that names the field and the row
 */
export function parsePlain(signature: Signature, body: unknown): { isOne: boolean; columns: Columns } {
  if (!isRecord(body)) throw new RequestError('The body must be a JSON object: one row, or { "rows": [ … ] }.')
  const { rows, ...rest } = body
  const isOne = !isList(rows) || signature.inputs.some(({ name }) => name === 'rows')
  if (!isOne && Object.keys(rest).length > 0)
    throw new RequestError('Beside “rows” nothing else may stand.', 400, { field: Object.keys(rest)[0] ?? '' })
  return { isOne, columns: checked(signature, fromRows(signature, isOne ? [body] : rows, 'rows')) }
}

const NUMBER_TYPES = new Set(['FP64', 'FP32', 'INT64', 'INT32'])

const InferRequest = z.object({
  id: z.string().max(200).optional(),
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int().nonnegative()).min(1).max(2),
      datatype: z.string(),
      data: z.array(z.unknown()),
    }),
  ),
})

/**
 * Read an inference request: each input a column of shape [rows] or [rows, 1], its data flat or nested.
 * @throws RequestError
 * Source: Open Inference Protocol, v2 REST.
 */
export function parseInfer(signature: Signature, body: unknown): { id: string | undefined; columns: Columns } {
  const parsed = InferRequest.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new RequestError(
      `The request is not valid at ${issue?.path.join('.') ?? 'its root'}: ${issue?.message ?? ''}`,
    )
  }
  const types = new Map(signature.inputs.map((input) => [input.name, input.type]))
  const cells = new Map<string, readonly unknown[]>()
  for (const { name, shape, datatype, data } of parsed.data.inputs) {
    const type = types.get(name)
    if (type === undefined) throw new RequestError(`The model takes no input ${quoted(name)}.`)
    if (cells.has(name)) throw new RequestError(`The input ${quoted(name)} is given twice.`)
    const fits = type === 'double' ? NUMBER_TYPES.has(datatype) : datatype === 'BYTES'
    if (!fits) throw new RequestError(`The input ${quoted(name)} cannot have the datatype ${quoted(datatype)}.`)
    const flat = data.flatMap((item) => (isList(item) ? item : [item]))
    const [rowCount = 0, width = 1] = shape
    boundRows(rowCount)
    if (width !== 1) throw new RequestError(`The input ${quoted(name)} must have the shape [rows, 1].`)
    if (flat.length !== rowCount)
      throw new RequestError(`The input ${quoted(name)} has ${flat.length} values for the shape [${shape.join(', ')}].`)
    cells.set(name, flat)
  }
  return { id: parsed.data.id, columns: checked(signature, cells) }
}

/** The answer to `parseInfer`'s request. */
export function inferAnswer(modelName: string, signature: Signature, id: string | undefined, predictions: Predictions) {
  const [first] = predictions
  const width = Array.isArray(first) ? first.length : 1
  const output = {
    name: signature.outputs[0]?.name ?? 'output',
    datatype: 'FP64',
    shape: [predictions.length, width],
    data: predictions.flat(),
  }
  return { model_name: modelName, ...(id === undefined ? {} : { id }), outputs: [output] }
}

/** The v2 description of a model, from its signature. */
export function modelMetadata(modelName: string, signature: Signature) {
  return {
    name: modelName,
    versions: [],
    platform: 'onnx',
    inputs: signature.inputs.map((input) => ({
      name: input.name,
      datatype: input.type === 'double' ? 'FP64' : 'BYTES',
      shape: [-1, 1],
    })),
    outputs: signature.outputs.map((output) => ({ name: output.name, datatype: 'FP64', shape: [-1, 1] })),
  }
}

/** How far a served prediction may be from the one computed in training. Source: design, section 5. */
export const TOLERANCE = 1e-4

/**
 * The largest absolute difference between served and expected, or null when they cannot be compared: another number
 * of values, or one that is not finite.
 */
export function maxAbsDiff(served: Predictions, expected: Manifest['expected']): number | null {
  const [one, other] = [served.flat(), expected.flat()]
  if (one.length !== other.length || served.length !== expected.length) return null
  const differences = one.map((value, index) => Math.abs(value - (other[index] ?? NaN)))
  return differences.every(Number.isFinite) ? Math.max(...differences) : null
}
