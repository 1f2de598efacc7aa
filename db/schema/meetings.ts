import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { MEETING_STATES, POINT_SUBJECTS } from '#app/domain/meeting.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

/** Each row of a meeting carries its audience: what is the team's is not there for a client. */
const audience = () => text({ enum: ['team', 'shared'] }).notNull()

export const meetings = pgTable(
  'meetings',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    audience: audience(),
    title: text().notNull(),
    startsAt: timestamp({ withTimezone: true }).notNull(),
    /** The zone that its start was given in. */
    timeZone: text().notNull(),
    lengthMinutes: integer().notNull(),
    place: text().notNull().default(''),
    state: text({ enum: MEETING_STATES }).notNull().default('planned'),
    stateReason: text().notNull().default(''),
    /** How often people had to be told of a change (RFC 5545, SEQUENCE). */
    sequence: integer().notNull().default(0),
    plannedBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    changedAt: timestamp({ withTimezone: true }).notNull(),
    endedBy: uuid().references(() => persons.id),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    index().on(table.engagementId, table.startsAt),
    check('meetings_length', sql`${table.lengthMinutes} between 5 and 1440`),
    check('meetings_ended', sql`(${table.state} = 'planned') = (${table.endedAt} is null)`),
  ],
)

export const meetingAttendees = pgTable(
  'meeting_attendees',
  {
    engagementId: uuid().notNull(),
    meetingId: uuid().notNull(),
    audience: audience(),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
  },
  (table) => [
    primaryKey({ columns: [table.meetingId, table.personId] }),
    foreignKey({
      columns: [table.engagementId, table.meetingId],
      foreignColumns: [meetings.engagementId, meetings.id],
    }),
    index().on(table.personId),
  ],
)

/** The agenda, and under each point its minutes. Frozen by a trigger when the meeting is held or cancelled. */
export const meetingPoints = pgTable(
  'meeting_points',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    meetingId: uuid().notNull(),
    audience: audience(),
    position: integer().notNull(),
    text: text().notNull(),
    subject: text({ enum: POINT_SUBJECTS }).notNull(),
    /** Null for a point of its own. */
    subjectId: uuid(),
    minutes: text().notNull().default(''),
    /** Grows with each edit. */
    version: integer().notNull().default(0),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    unique().on(table.meetingId, table.subjectId),
    foreignKey({
      columns: [table.engagementId, table.meetingId],
      foreignColumns: [meetings.engagementId, meetings.id],
    }),
    check('meeting_points_subject', sql`(${table.subject} = 'own') = (${table.subjectId} is null)`),
  ],
)

/** What was wrong in closed minutes. Append-only. */
export const meetingCorrections = pgTable(
  'meeting_corrections',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    meetingId: uuid().notNull(),
    audience: audience(),
    text: text().notNull(),
    writtenBy: uuid()
      .notNull()
      .references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.meetingId],
      foreignColumns: [meetings.engagementId, meetings.id],
    }),
    index().on(table.meetingId, table.at),
  ],
)

/** Secret addresses of calendars: one person's meetings in one engagement. `tokenHash` is the SHA-256 of the secret, in hexadecimal. */
export const calendarLinks = pgTable(
  'calendar_links',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    tokenHash: text().notNull().unique(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    revokedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.personId, table.engagementId)],
)
