import type { Actor } from '#app/domain/actor.ts'
import { borrowedRefusal, reuseStanding } from '#app/domain/reuse.ts'
import type { ServedRevision } from '#db/queries/deployments.ts'
import { findServedBySlug } from '#db/queries/deployments.ts'
import { countBorrowedCall, findBorrowedBySlug } from '#db/queries/borrowing.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** The revisions that answer for a slug; or why a model that was lent does not answer any more. */
export type Answering =
  | { readonly live: ServedRevision; readonly candidate: ServedRevision | null }
  | { readonly refused: NonNullable<ReturnType<typeof borrowedRefusal>> }

/**
 * What answers for a slug, for the holder of a token: a model of the token's engagement, or one that is lent to it.
 * @param asked.isCounted it is a question, not a look: it counts to the engagement that borrows, also when it is refused
 * @returns null when there is nothing of that name, or it was never lent: both look alike
 */
export async function answeringFor(
  ctx: CommandContext<Actor>,
  asked: { readonly slug: string; readonly isCounted: boolean },
): Promise<Answering | null> {
  return transact(ctx, async (tx) => {
    const own = await findServedBySlug(tx, asked.slug)
    if (own !== null) return own
    const token = ctx.actor.kind === 'person' ? ctx.actor.token : undefined
    if (token === undefined) return null
    const borrowed = await findBorrowedBySlug(tx, asked.slug)
    if (borrowed === null) return null
    const refused = borrowedRefusal(reuseStanding(borrowed.grant, ctx.now))
    if (asked.isCounted)
      await countBorrowedCall(tx, { ...borrowed, tokenId: token.id, isRefused: refused !== null, at: ctx.now })
    return refused === null ? borrowed : { refused }
  })
}
