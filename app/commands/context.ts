import type { Actor } from '#app/domain/actor.ts'
import { RepeatedRequest } from '#app/domain/errors.ts'
import type { FormRequest } from '#db/queries/form-requests.ts'
import { claimFormRequest, isClaimed, markClaimed } from '#db/queries/form-requests.ts'
import type { Database, Scope, Tx } from '#db/types.ts'

/** All that a command knows of the outside. */
export interface CommandContext<Who extends Actor = Actor> {
  readonly database: Database
  readonly actor: Who
  readonly now: Date
  /** The form that asks, taken by the first transaction; absent where a repetition is told apart otherwise. */
  readonly formRequest?: FormRequest
}

/** What an actor's transactions may see. */
export function scopeOf(actor: Actor): Scope {
  if (actor.kind === 'job') return { engagementId: actor.onlyEngagementId, door: 'job' }
  return {
    personId: actor.personId,
    ...(actor.onlyEngagementId === null ? {} : { engagementId: actor.onlyEngagementId }),
  }
}

/**
 * Run a command's work in one transaction as its actor.
 * @throws RepeatedRequest when the form that asks was accepted before
 */
export async function transact<T>(ctx: CommandContext, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { formRequest } = ctx
  if (!formRequest || isClaimed(formRequest)) return ctx.database.as(scopeOf(ctx.actor), work)
  const result = await ctx.database.as(scopeOf(ctx.actor), async (tx) => {
    if (!(await claimFormRequest(tx, formRequest, ctx.now))) throw new RepeatedRequest()
    return work(tx)
  })
  markClaimed(formRequest)
  return result
}
