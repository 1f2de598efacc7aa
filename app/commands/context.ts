import type { Actor } from '#app/domain/actor.ts'
import type { Database, Scope, Tx } from '#db/types.ts'

/** All that a command knows of the outside. */
export interface CommandContext<Who extends Actor = Actor> {
  readonly database: Database
  readonly actor: Who
  readonly now: Date
}

/** What an actor's transactions may see. */
export function scopeOf(actor: Actor): Scope {
  if (actor.kind === 'job') return { engagementId: actor.onlyEngagementId, door: 'job' }
  return {
    personId: actor.personId,
    ...(actor.onlyEngagementId === null ? {} : { engagementId: actor.onlyEngagementId }),
  }
}

/** Run a command's work in one transaction as its actor. */
export function transact<T>(ctx: CommandContext, work: (tx: Tx) => Promise<T>): Promise<T> {
  return ctx.database.as(scopeOf(ctx.actor), work)
}
