import type { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import { AppError } from '#app/domain/errors.ts'

/** What an answer of the API may hold. */
export type Answer = Readonly<Record<string, unknown>>

export interface Endpoint {
  run(ctx: CommandContext, input: unknown): Promise<Answer>
}

/** An endpoint: the shape that clients send, and what is done with it. */
export function endpoint<Schema extends z.ZodType>(
  schema: Schema,
  run: (ctx: CommandContext, input: z.infer<Schema>) => Promise<Answer>,
): Endpoint {
  return { run: (ctx, input) => run(ctx, parse(schema, input)) }
}

const SEE_DOCS = 'See the API docs for more information about request parameters.'
/** A value is repeated to whoever sent it, but not at length. */
const REPEATED_LENGTH_MAX = 200

/** @throws AppError `invalid` in MLflow's words, which its clients and its own tests read */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = nameOf(issue?.path ?? [])
  if (name === '') throw new AppError('invalid', 'The body must be a JSON object.')
  const value = valueAt(input, issue?.path ?? [])
  if (value === undefined || value === null)
    throw new AppError('invalid', `Missing value for required parameter '${name}'. ${SEE_DOCS}`)
  const repeated = JSON.stringify(value).slice(0, REPEATED_LENGTH_MAX)
  throw new AppError(
    'invalid',
    `Invalid value ${repeated} for parameter '${name}' supplied: ${issue?.message ?? 'it cannot be read'}. ${SEE_DOCS}`,
  )
}

/** `metrics[0].timestamp` */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${String(key)}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Object.entries(value).find(([name]) => name === String(key))?.[1]
  }, input)
}
