import type { PersonActor } from '#app/domain/actor.ts'
import { createSessions } from '#app/server/session.server.ts'
import type { Database } from '#db/types.ts'
import type { TestServer } from './http.ts'

interface Told {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** The session cookie of a person who has just signed in. */
export async function cookieOf(database: Database, who: PersonActor, server: TestServer): Promise<string> {
  const sessions = createSessions(database, { isSecure: false })
  return (await sessions.start(who.personId, new Request(server.origin), new Date())).split(';')[0] ?? ''
}

/** Open a stream of server-sent events; `next` waits for its next event, null at its end. */
export async function watching(server: TestServer, place: string, headers: Record<string, string>) {
  const leaving = new AbortController()
  const response = await server.fetch(place, { headers, signal: leaving.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  return {
    status: response.status,
    leave: () => leaving.abort(),
    async next(): Promise<Told | null> {
      for (;;) {
        const end = rest.indexOf('\n\n')
        if (end >= 0) {
          const fields = new Map(
            rest
              .slice(0, end)
              .split('\n')
              .map((line) => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
          )
          rest = rest.slice(end + 2)
          const event = fields.get('event')
          if (event !== undefined) return { event, id: fields.get('id') ?? '', data: fields.get('data') ?? '' }
          continue
        }
        const read = await reader?.read()
        if (!read || read.done) return null
        rest += read.value
      }
    },
  }
}
