import { bigint, foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'

/** A file that is sent in parts. Whoever knows the secret may send parts of it, and do nothing else. */
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
    parts: integer().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
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
