import { bigint, foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'

/** A file that is sent in parts. Whoever knows the secret may send parts of it while its token is good, and do nothing else. */
export const uploads = pgTable(
  'uploads',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    /** The place of the file as clients say it: `<experiment>/<run>/artifacts/<path>`. */
    place: text().notNull(),
    secretHash: text().notNull(),
    /** The token it was begun with: a part is taken as long as that token opens the door. Empty: none does. */
    tokenHash: text().notNull().default(''),
    parts: integer().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    /** When it was completed or given up; its parts go soon after. */
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [unique().on(table.engagementId, table.id)],
)

export const uploadParts = pgTable(
  'upload_parts',
  {
    engagementId: uuid().notNull(),
    uploadId: uuid().notNull(),
    part: integer().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.uploadId, table.part] }),
    foreignKey({
      columns: [table.engagementId, table.uploadId],
      foreignColumns: [uploads.engagementId, uploads.id],
    }).onDelete('cascade'),
  ],
)
