import { and, asc, eq } from 'drizzle-orm'
import type { Audience } from '#app/domain/comment.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { acknowledgements, sharedComments, teamComments } from '../schema/comments.ts'
import type { Tx } from '../types.ts'

export interface CommentRow {
  readonly id: string
  readonly body: string
  readonly authorName: string
  readonly at: Date
}

/** One thread of an object, oldest first; the team's is empty for a client whatever they ask. */
export async function listComments(
  tx: Tx,
  engagementId: EngagementId,
  { objectId, audience }: { readonly objectId: string; readonly audience: Audience },
): Promise<CommentRow[]> {
  const table = audience === 'team' ? teamComments : sharedComments
  return tx
    .select({ id: table.id, body: table.body, authorName: table.authorName, at: table.at })
    .from(table)
    .where(and(eq(table.engagementId, engagementId), eq(table.objectId, objectId)))
    .orderBy(asc(table.at), asc(table.id))
    .limit(500)
}

/** Both threads of an object. @param asTeam a client has no thread of the team, not even an empty one */
export async function listThreads(tx: Tx, engagementId: EngagementId, objectId: string, asTeam: boolean) {
  return {
    shared: await listComments(tx, engagementId, { objectId, audience: 'shared' }),
    team: asTeam ? await listComments(tx, engagementId, { objectId, audience: 'team' }) : null,
  }
}

export async function insertComment(
  tx: Tx,
  audience: Audience,
  row: {
    id: string
    engagementId: EngagementId
    objectId: string
    body: string
    authorId: PersonId
    authorName: string
    at: Date
  },
): Promise<void> {
  await tx.insert(audience === 'team' ? teamComments : sharedComments).values(row)
}

/** Whether a person confirmed this very version of a page. */
export async function hasAcknowledged(
  tx: Tx,
  engagementId: EngagementId,
  { personId, page, pageVersion }: { personId: PersonId; page: string; pageVersion: string },
): Promise<boolean> {
  const rows = await tx
    .select({ id: acknowledgements.id })
    .from(acknowledgements)
    .where(
      and(
        eq(acknowledgements.engagementId, engagementId),
        eq(acknowledgements.personId, personId),
        eq(acknowledgements.page, page),
        eq(acknowledgements.pageVersion, pageVersion),
      ),
    )
    .limit(1)
  return rows.length > 0
}

export async function insertAcknowledgement(
  tx: Tx,
  row: { id: string; engagementId: EngagementId; personId: PersonId; page: string; pageVersion: string; at: Date },
): Promise<void> {
  await tx.insert(acknowledgements).values(row)
}
