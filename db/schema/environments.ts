import { bigint, foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

/** A named set of packages that jobs can run with. None of these rows ever changes. */
export const environments = pgTable(
  'environments',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    name: text().notNull(),
    summary: text().notNull(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.id), unique().on(table.engagementId, table.name)],
)

/** One version: its packages are locked when it is asked for. Whether it can be used is said by the job that builds it. */
export const environmentVersions = pgTable(
  'environment_versions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    environmentId: uuid().notNull(),
    number: integer().notNull(),
    /** What changed. */
    note: text().notNull(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.environmentId],
      foreignColumns: [environments.engagementId, environments.id],
    }),
    unique().on(table.environmentId, table.number),
    unique().on(table.engagementId, table.id),
  ],
)

/** A package of a version: a wheel by the SHA-256 of its bytes. */
export const environmentPackages = pgTable(
  'environment_packages',
  {
    engagementId: uuid().notNull(),
    environmentVersionId: uuid().notNull(),
    /** As PEP 503 normalises it. */
    name: text().notNull(),
    version: text().notNull(),
    /** As it was brought: to be shown, never to be a path. */
    fileName: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentVersionId, table.name] }),
    foreignKey({
      columns: [table.engagementId, table.environmentVersionId],
      foreignColumns: [environmentVersions.engagementId, environmentVersions.id],
    }),
  ],
)
