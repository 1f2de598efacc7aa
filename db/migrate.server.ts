import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { Logger, runMigrations } from 'graphile-worker'
import postgres from 'postgres'

/** Connection URLs, one for each role: the pages and the API, the workers, the queue's own tables. */
export interface RoleUrls {
  readonly webUrl: string
  readonly workerUrl: string
  readonly queueUrl: string
}

const ROLES = { webUrl: 'throughline_web', workerUrl: 'throughline_worker', queueUrl: 'throughline_queue' } as const
/** Any constant of our own: two starts on one database migrate one after the other. */
const MIGRATION_LOCK = 7_246_011

/**
 * Bring a database to the current schema: roles, tables, the queue's tables, row-level security. Safe to repeat and to
 * run from two processes. Passwords of the roles are made once and kept in `secretsDir`.
 * @param options.ownerUrl a role that may create roles, schemas and the trusted extension btree_gist
 */
export async function migrateDatabase(options: { ownerUrl: string; secretsDir: string }): Promise<RoleUrls> {
  const sql = postgres(options.ownerUrl, { max: 1, onnotice: () => undefined })
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`
    const urls = await ensureRoles(sql, options)
    await migrate(drizzle({ client: sql, casing: 'snake_case' }), { migrationsFolder: here('migrations') })
    await migrateQueue(sql, urls.queueUrl)
    await applySecurity(sql)
    return urls
  } finally {
    await sql.end()
  }
}

type Sql = ReturnType<typeof postgres>

async function ensureRoles(sql: Sql, options: { ownerUrl: string; secretsDir: string }): Promise<RoleUrls> {
  const database = new URL(options.ownerUrl).pathname.slice(1)
  const urlOf = async (role: string) => {
    const password = await rolePassword(options.secretsDir, role)
    const [existing] = await sql`select 1 from pg_roles where rolname = ${role}`
    const attributes = `login nosuperuser nobypassrls nocreaterole nocreatedb password '${password}'`
    await sql.unsafe(
      `${existing ? 'alter' : 'create'} role ${role} ${existing ? `with login password '${password}'` : attributes}`,
    )
    await sql.unsafe(`grant connect on database ${quoted(database)} to ${role}`)
    const url = new URL(options.ownerUrl)
    url.username = role
    url.password = password
    return url.toString()
  }
  return {
    webUrl: await urlOf(ROLES.webUrl),
    workerUrl: await urlOf(ROLES.workerUrl),
    queueUrl: await urlOf(ROLES.queueUrl),
  }
}

/** Hexadecimal, so that it needs no quoting anywhere. */
async function rolePassword(secretsDir: string, role: string): Promise<string> {
  const file = path.join(secretsDir, role)
  const kept = await readFile(file, 'utf8').catch(() => null)
  if (kept) return kept.trim()
  const made = randomBytes(24).toString('hex')
  await mkdir(secretsDir, { recursive: true, mode: 0o700 })
  await writeFile(file, made, { mode: 0o600, flush: true })
  return made
}

/** graphile-worker's tables belong to the queue's role: workers need no more than that to take tasks. */
async function migrateQueue(sql: Sql, queueUrl: string): Promise<void> {
  const database = quoted(new URL(queueUrl).pathname.slice(1))
  await sql.unsafe(`grant create on database ${database} to ${ROLES.queueUrl}`)
  await runMigrations({ connectionString: queueUrl, logger: new Logger(() => () => undefined) })
  // The owner calls add_job on behalf of the web, inside app.enqueue; the queue's role lets it.
  await sql.unsafe(`grant ${ROLES.queueUrl} to current_user`)
}

/** Policies are code: applied whenever their text or a migration changed, in one transaction. */
async function applySecurity(sql: Sql): Promise<void> {
  const texts = await Promise.all(['security.sql', 'tracking.sql'].map((name) => readFile(here(name), 'utf8')))
  const text = texts.join('\n')
  const [applied] = await sql`select count(*)::int as count from drizzle.__drizzle_migrations`
  const digest = createHash('sha256').update(text).update(String(applied?.count)).digest('hex')
  await sql`create table if not exists drizzle.security (digest text primary key)`
  const [done] = await sql`select 1 from drizzle.security where digest = ${digest}`
  if (done) return
  await sql.begin(async (tx) => {
    await tx.unsafe(text)
    await tx`delete from drizzle.security`
    await tx`insert into drizzle.security values (${digest})`
  })
}

function quoted(identifier: string): string {
  return `"${decodeURIComponent(identifier).replaceAll('"', '""')}"`
}

function here(name: string): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), name)
}
