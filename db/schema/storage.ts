import { bigint, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'

/** Every blob that lies on disk: once for each engagement, however many rows name it. */
export const storedBlobs = pgTable(
  'stored_blobs',
  {
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    /** When the bytes came in last; the same bytes again move it. */
    storedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.engagementId, table.sha256] })],
)

/** The sum of an engagement's stored blobs, kept with them, and what it may be. */
export const storageQuotas = pgTable('storage_quotas', {
  engagementId: uuid()
    .primaryKey()
    .references(() => engagements.id),
  usedBytes: bigint({ mode: 'number' }).notNull().default(0),
  /** Null: what the portal is configured with. */
  limitBytes: bigint({ mode: 'number' }),
})
