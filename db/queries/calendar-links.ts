import { and, desc, eq, isNull } from 'drizzle-orm'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { calendarLinks } from '../schema/meetings.ts'
import type { Tx } from '../types.ts'

export interface CalendarLinkRow {
  readonly id: string
  readonly createdAt: Date
}

/** The viewer's own addresses of an engagement's calendar that hold, newest first. */
export async function listCalendarLinks(
  tx: Tx,
  engagementId: EngagementId,
  personId: PersonId,
): Promise<CalendarLinkRow[]> {
  return tx
    .select({ id: calendarLinks.id, createdAt: calendarLinks.createdAt })
    .from(calendarLinks)
    .where(
      and(
        eq(calendarLinks.engagementId, engagementId),
        eq(calendarLinks.personId, personId),
        isNull(calendarLinks.revokedAt),
      ),
    )
    .orderBy(desc(calendarLinks.createdAt), desc(calendarLinks.id))
    .limit(50)
}

export async function insertCalendarLink(
  tx: Tx,
  row: { id: string; engagementId: EngagementId; personId: PersonId; tokenHash: string; createdAt: Date },
): Promise<void> {
  await tx.insert(calendarLinks).values(row)
}

/** @returns false when it is not the viewer's, or was revoked before */
export async function revokeCalendarLink(
  tx: Tx,
  link: { readonly id: string; readonly engagementId: EngagementId; readonly personId: PersonId },
  at: Date,
): Promise<boolean> {
  const rows = await tx
    .update(calendarLinks)
    .set({ revokedAt: at })
    .where(
      and(
        eq(calendarLinks.id, link.id),
        eq(calendarLinks.engagementId, link.engagementId),
        eq(calendarLinks.personId, link.personId),
        isNull(calendarLinks.revokedAt),
      ),
    )
    .returning({ id: calendarLinks.id })
  return rows.length > 0
}

/** Whose calendar of which engagement an address opens; null for one that is wrong or revoked. Needs the sign-in door. */
export async function findCalendarLink(
  tx: Tx,
  tokenHash: string,
): Promise<{ readonly engagementId: EngagementId; readonly personId: PersonId } | null> {
  const [row] = await tx
    .select({ engagementId: calendarLinks.engagementId, personId: calendarLinks.personId })
    .from(calendarLinks)
    .where(and(eq(calendarLinks.tokenHash, tokenHash), isNull(calendarLinks.revokedAt)))
  return row ? { engagementId: toId<EngagementId>(row.engagementId), personId: toId<PersonId>(row.personId) } : null
}
