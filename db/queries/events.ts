import { and, desc, eq } from 'drizzle-orm'
import type { Actor } from '#app/domain/actor.ts'
import type { EventKind } from '#app/domain/event.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { events } from '../schema/events.ts'
import type { Tx } from '../types.ts'

export interface NewEvent {
  readonly kind: EventKind
  readonly engagementId: EngagementId | null
  readonly subjectId: string
  readonly summary: string
  readonly detail?: Readonly<Record<string, string | number | null>>
  readonly at: Date
}

/** Record an audit event in the caller's transaction. @param actor null when the system did it */
export async function recordEvent(tx: Tx, actor: Actor | null, event: NewEvent): Promise<void> {
  await tx.insert(events).values({
    ...event,
    detail: event.detail ?? {},
    personId: actor?.kind === 'person' ? actor.personId : null,
    actorName: actor?.name ?? 'Throughline',
  })
}

export interface EventRow {
  readonly id: number
  readonly kind: EventKind
  readonly actorName: string
  readonly summary: string
  readonly subjectId: string
  readonly at: Date
}

/** The newest events of an engagement, newest first. */
export async function listEvents(tx: Tx, engagementId: EngagementId, limit: number): Promise<EventRow[]> {
  return tx
    .select({
      id: events.id,
      kind: events.kind,
      actorName: events.actorName,
      summary: events.summary,
      subjectId: events.subjectId,
      at: events.at,
    })
    .from(events)
    .where(eq(events.engagementId, engagementId))
    .orderBy(desc(events.id))
    .limit(limit)
}

/** The newest events of one kind about one thing, newest first, with what they kept. */
export async function listEventsAbout(
  tx: Tx,
  engagementId: EngagementId,
  about: { readonly kind: EventKind; readonly subjectId: string; readonly limit: number },
) {
  return tx
    .select({ id: events.id, summary: events.summary, at: events.at, detail: events.detail })
    .from(events)
    .where(
      and(eq(events.engagementId, engagementId), eq(events.subjectId, about.subjectId), eq(events.kind, about.kind)),
    )
    .orderBy(desc(events.id))
    .limit(about.limit)
}
