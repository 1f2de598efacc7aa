import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject, test as base } from 'vitest'

/** A database of one test's own, migrated and empty, by role. */
export interface TestDatabase {
  readonly ownerUrl: string
  readonly webUrl: string
  readonly workerUrl: string
  readonly queueUrl: string
}

/** Vitest's `test` with a `database`: a copy of the migrated template, made for the test and dropped after it. */
export const test = base.extend<{ database: TestDatabase }>({
  // The empty pattern is how Vitest learns that the fixture needs no other.
  // eslint-disable-next-line no-empty-pattern
  database: async ({}, use) => {
    const made = await createDatabase()
    try {
      await use(made.database)
    } finally {
      await made.drop()
    }
  },
})

/** For a database that several tests share: call it in `beforeAll`, and `drop` in `afterAll`. */
export async function createDatabase(): Promise<{ database: TestDatabase; drop: () => Promise<void> }> {
  const template = inject('template')
  const name = `test_${randomBytes(6).toString('hex')}`
  const inCopy = (url: string) => withDatabase(url, name)
  const database: TestDatabase = {
    ownerUrl: inCopy(template.ownerUrl),
    webUrl: inCopy(template.webUrl),
    workerUrl: inCopy(template.workerUrl),
    queueUrl: inCopy(template.queueUrl),
  }
  await administer(template.ownerUrl, async (sql) => {
    // Copied as files: the same through the log of changes takes five times as long.
    await sql`create database ${sql(name)} template ${sql(nameOf(template.ownerUrl))} strategy file_copy`
    // What a role may do with a database belongs to the database's entry, which a copy does not take over.
    for (const url of [template.webUrl, template.workerUrl, template.queueUrl]) {
      await sql`grant connect on database ${sql(name)} to ${sql(new URL(url).username)}`
    }
    await sql`grant create on database ${sql(name)} to ${sql(new URL(template.queueUrl).username)}`
  })
  const drop = () =>
    administer(template.ownerUrl, async (sql) => {
      await sql`drop database if exists ${sql(name)} with (force)`
    })
  return { database, drop }
}

export type Sql = postgres.Sql

/** Ask any database something over a connection of its own. */
export async function query<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function administer(ownerUrl: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  // Not through the template itself: a database with a guest cannot be copied.
  return query(withDatabase(ownerUrl, 'postgres'), work)
}

function withDatabase(url: string, name: string): string {
  const swapped = new URL(url)
  swapped.pathname = `/${name}`
  return swapped.toString()
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}
