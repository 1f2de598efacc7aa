import type { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'

/** What an operation gets beside its parameters: the engagement of its path, which the token's holder may see. */
export interface OperationContext {
  readonly ctx: CommandContext
  readonly engagement: EngagementRow
  /** The whole body, for operations that take one. */
  readonly body: () => Promise<Uint8Array>
}

/** One operation of our own REST API, as it is described and as it is done. The same schemas do both. */
export interface Operation {
  readonly method: 'GET' | 'POST'
  /** Below /api/v1/engagements/{engagement}, with `{name}` for parts that vary. */
  readonly path: string
  readonly name: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly answer: z.ZodType
  /** Types of the body that are taken; none for a GET. */
  readonly bodyTypes: readonly string[]
  run(at: OperationContext, input: unknown): Promise<unknown>
}

/**
 * An operation. Parameters come from the path and from the query, all as text.
 * @throws AppError `invalid` from `run` when a parameter does not fit
 */
export function operation<Params extends z.ZodObject, Answer extends z.ZodType>(
  about: Omit<Operation, 'params' | 'answer' | 'run' | 'bodyTypes'> & {
    readonly params: Params
    readonly answer: Answer
    readonly bodyTypes?: readonly string[]
    readonly run: (at: OperationContext, input: z.infer<Params>) => Promise<z.input<Answer>>
  },
  parse: (schema: Params, input: unknown) => z.infer<Params>,
): Operation {
  const { run, ...rest } = about
  return {
    ...rest,
    bodyTypes: about.bodyTypes ?? [],
    // What goes out is what the description says: a field that it does not name stays inside.
    run: async (at, input) => about.answer.parse(await run(at, parse(about.params, input))),
  }
}
