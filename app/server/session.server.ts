import type { Adapter, DatabaseSession, DatabaseUser } from 'lucia'
import { Lucia, TimeSpan } from 'lucia'
import type { PersonActor } from '#app/domain/actor.ts'
import type { PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { SessionViewing } from '#app/domain/viewing.ts'
import { sha256 } from '#db/digest.ts'
import {
  deleteExpiredSessions,
  deleteSession,
  deleteSessionsOf,
  findSession,
  insertSession,
  listSessions,
  saveSessionExpiry,
} from '#db/queries/people.ts'
import type { Database, Tx } from '#db/types.ts'

const IDLE_HOURS = 12
const ABSOLUTE_DAYS = 30

declare module 'lucia' {
  interface Register {
    Lucia: Lucia<{ viewing: SessionViewing | null }, { actor: PersonActor }>
    DatabaseUserAttributes: { actor: PersonActor }
    DatabaseSessionAttributes: { userAgent: string; absoluteExpiresAt: Date; viewing: SessionViewing | null }
  }
}

export interface ReadSession {
  readonly actor: PersonActor
  readonly storedId: string
  readonly refreshed: string | null
  /** Whose eyes it was set to look through; also when the time for it is over. */
  readonly viewing: SessionViewing | null
}

/** The only place that knows how people stay signed in. */
export interface Sessions {
  /** Who the cookie belongs to, and the cookie to set when its idle time was moved; null for nobody. */
  read(cookieHeader: string | null): Promise<ReadSession | null>
  /** A new session, never one the browser brought; the one it brought ends. Returns the cookie to set. */
  start(personId: PersonId, request: Request, now: Date): Promise<string>
  /** End the session of this request. Returns the cookie that clears it. */
  end(cookieHeader: string | null): Promise<string>
}

/** @param options.isSecure true behind https: the cookie is then `__Host-` and Secure */
export function createSessions(database: Database, options: { isSecure: boolean }): Sessions {
  const lucia = new Lucia(adapterOf(database), {
    sessionExpiresIn: new TimeSpan(IDLE_HOURS, 'h'),
    sessionCookie: {
      name: options.isSecure ? '__Host-throughline' : 'throughline',
      expires: true,
      attributes: { secure: options.isSecure, sameSite: 'lax', path: '/' },
    },
    getUserAttributes: ({ actor }) => ({ actor }),
    getSessionAttributes: ({ viewing }) => ({ viewing }),
  })

  return {
    async read(cookieHeader) {
      const id = lucia.readSessionCookie(cookieHeader ?? '')
      if (!id) return null
      const { session, user } = await lucia.validateSession(id)
      if (!session) return null
      return {
        actor: user.actor,
        storedId: sha256(id),
        viewing: session.viewing,
        refreshed: session.fresh ? lucia.createSessionCookie(id).serialize() : null,
      }
    },
    async start(personId, request, now) {
      const brought = lucia.readSessionCookie(request.headers.get('cookie') ?? '')
      if (brought) await lucia.invalidateSession(brought)
      const session = await lucia.createSession(personId, {
        userAgent: (request.headers.get('user-agent') ?? '').slice(0, 200),
        absoluteExpiresAt: new Date(now.getTime() + ABSOLUTE_DAYS * 86_400_000),
        viewing: null,
      })
      return lucia.createSessionCookie(session.id).serialize()
    },
    async end(cookieHeader) {
      const id = lucia.readSessionCookie(cookieHeader ?? '')
      if (id) await lucia.invalidateSession(id)
      return lucia.createBlankSessionCookie().serialize()
    },
  }
}

/** Lucia hands out session ids; the database only ever sees their SHA-256. */
function adapterOf(database: Database): Adapter {
  const atDoor = <T>(work: (tx: Tx) => Promise<T>) => database.as({ door: 'auth' }, work)
  return {
    async getSessionAndUser(sessionId) {
      const found = await atDoor((tx) => findSession(tx, sha256(sessionId)))
      if (!found || found.session.absoluteExpiresAt.getTime() <= Date.now()) return [null, null]
      const { session, actor } = found
      const user: DatabaseUser = { id: actor.personId, attributes: { actor } }
      return [toDatabaseSession(sessionId, session), user]
    },
    async getUserSessions(userId) {
      const rows = await atDoor((tx) => listSessions(tx, toId<PersonId>(userId)))
      return rows.map((row) => toDatabaseSession(row.id, row))
    },
    async setSession(session) {
      await atDoor((tx) =>
        insertSession(tx, {
          id: sha256(session.id),
          personId: toId<PersonId>(session.userId),
          expiresAt: session.expiresAt,
          absoluteExpiresAt: session.attributes.absoluteExpiresAt,
          userAgent: session.attributes.userAgent,
        }),
      )
    },
    async updateSessionExpiration(sessionId, expiresAt) {
      await atDoor((tx) => saveSessionExpiry(tx, sha256(sessionId), expiresAt))
    },
    async deleteSession(sessionId) {
      await atDoor((tx) => deleteSession(tx, sha256(sessionId)))
    },
    async deleteUserSessions(userId) {
      await atDoor((tx) => deleteSessionsOf(tx, toId<PersonId>(userId)))
    },
    async deleteExpiredSessions() {
      await atDoor((tx) => deleteExpiredSessions(tx, new Date()))
    },
  }
}

function toDatabaseSession(
  id: string,
  row: {
    personId: string
    expiresAt: Date
    userAgent: string
    absoluteExpiresAt: Date
    viewing: SessionViewing | null
  },
): DatabaseSession {
  return {
    id,
    userId: row.personId,
    expiresAt: row.expiresAt,
    attributes: { userAgent: row.userAgent, absoluteExpiresAt: row.absoluteExpiresAt, viewing: row.viewing },
  }
}
