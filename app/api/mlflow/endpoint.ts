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

/** @throws AppError `invalid` in MLflow's words */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = issue?.path.map(String).join('.') ?? ''
  const isMissing = issue?.code === 'invalid_type' && valueAt(input, issue.path) === undefined
  throw new AppError(
    'invalid',
    isMissing
      ? `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`
      : `Invalid value for parameter '${name}' supplied: ${issue?.message ?? 'it cannot be read'}`,
  )
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Object.entries(value).find(([name]) => name === String(key))?.[1]
  }, input)
}
