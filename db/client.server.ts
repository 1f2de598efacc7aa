import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { sql } from 'drizzle-orm'
import { PLANNED_ANEW } from './planned-anew.ts'
import type { Database, Scope, ServerArgument, ServerFunction } from './types.ts'

/** PostgreSQL's words for "somebody else was faster, try again": serialization failure and deadlock. */
const RETRIED = new Set(['40001', '40P01'])
const ATTEMPTS_MAX = 4
/** What still runs on connections of before has so long to end. */
const RENEW_SECONDS = 3

/**
 * Open the pool of one process. Every statement runs in a transaction whose first statement names the viewer, so that
 * row-level security knows who asks; there is no way to a connection without one.
 */
export function openDatabase(url: string, options: { connectionsMax: number; name: string }): Database {
  const open = () => {
    const client = postgres(url, {
      max: options.connectionsMax,
      onnotice: () => undefined,
      connect_timeout: 10,
      connection: {
        application_name: options.name,
        statement_timeout: 20_000,
        idle_in_transaction_session_timeout: 30_000,
        timezone: 'UTC',
      },
    })
    return { client, db: drizzle({ client: preparing(client, new Set()), casing: 'snake_case' }) }
  }
  let pool = open()

  const database: Database = {
    as: (scope, work) =>
      repeated(() =>
        pool.db.transaction(async (tx) => {
          await tx.execute(viewerOf(scope))
          if (scope.isReadOnly === true) await tx.execute(sql`set transaction read only`)
          return work(tx)
        }),
      ),
    call: <Row extends object>(scope: Scope, name: ServerFunction, given: readonly ServerArgument[]) => {
      const viewer = [scope.personId ?? '', scope.engagementId ?? '', scope.door ?? '']
      const places = [...viewer, ...given].map((_, at) => `$${String(at + 1)}`)
      // postgres.js would have its lists writable; it does not write to them.
      const values = [...viewer, ...given] as (string | number | Uint8Array | string[] | number[])[]
      return repeated(() =>
        pool.client.unsafe<Row[]>(`select * from app.${name}(${places.join(', ')})`, values, { prepare: true }),
      )
    },
    async answers() {
      await pool.client`select 1`
    },
    async renew() {
      const { client } = pool
      pool = open()
      await client.end({ timeout: RENEW_SECONDS })
    },
    async close() {
      await pool.client.end({ timeout: 5 })
    },
  }
  return database
}

/** Different statements that a pool prepares; searches have more forms than a connection should keep. */
const PREPARED_MAX = 500

/**
 * A client that prepares each statement, which halves its round trips: drizzle asks for none to be prepared. Statements
 * beyond the first so many are sent as they are.
 */
function preparing(client: postgres.Sql, prepared: Set<string>): postgres.Sql {
  return new Proxy(client, {
    get(target, name) {
      if (name === 'unsafe') {
        return (text: string, values: Parameters<postgres.Sql['unsafe']>[1], options: object) =>
          target.unsafe(text, values, { ...options, prepare: isPrepared(text, prepared) })
      }
      if (name === 'begin') {
        return (work: (inner: postgres.Sql) => Promise<unknown>) =>
          target.begin((inner) => work(preparing(inner as unknown as postgres.Sql, prepared))) // drizzle calls `unsafe` and `savepoint` of it
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function isPrepared(text: string, prepared: Set<string>): boolean {
  if (text.includes(PLANNED_ANEW)) return false
  if (prepared.has(text)) return true
  if (prepared.size >= PREPARED_MAX) return false
  prepared.add(text)
  return true
}

async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || !RETRIED.has(sqlStateOf(error) ?? '')) throw error
    }
  }
}

function viewerOf(scope: Scope) {
  return sql`select set_config('app.person', ${scope.personId ?? ''}, true),
    set_config('app.engagement', ${scope.engagementId ?? ''}, true), set_config('app.door', ${scope.door ?? ''}, true)`
}

/** The five-character SQLSTATE of a PostgreSQL error, also when drizzle wrapped it; null for any other error. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)) return error.code
  return error.cause === undefined ? null : sqlStateOf(error.cause)
}

/**
 * Whether the database is away: it stops, starts or has no room, or a connection to it broke. PostgreSQL's, postgres.js's
 * and the system's words for it.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    /^(08|57P|53300|CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|E(HOST|NET)UNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/.test(
      code,
    ) || isDatabaseAway(error.cause)
  )
}

/**
 * Whether an error that nobody caught is the client library's own, about writing to a connection that was closed meanwhile
 * (porsager/postgres#1208, version 3.4.9): nothing but that connection is in disorder, which `renew` leaves behind.
 */
export function isLostWrite(error: unknown): boolean {
  return error instanceof TypeError && /nextWrite \(.*[/\\]postgres[/\\]src[/\\]connection\.js/.test(error.stack ?? '')
}
