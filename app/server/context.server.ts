import type { PersonActor } from '#app/domain/actor.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { AppError, isAppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ServingEngineName } from '#app/domain/serving-engine.ts'
import type { Viewing } from '#app/domain/viewing.ts'
import { viewAsRefusal } from '#app/domain/viewing.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { findActor } from '#db/queries/people.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Database, Tx } from '#db/types.ts'
import type { ReadSession, Sessions } from './session.server.ts'

/** A public data set as a CSV file, with what its licence asks to be said. */
export interface PublicDataset {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly source: string
  readonly licence: string
  readonly rows: number
  /** A column of 0 and 1, or empty. */
  readonly binaryTarget: string
  readonly csv: Uint8Array
}

/** What the web process has, made once. */
export interface WebDeps {
  readonly database: Database
  readonly sessions: Sessions
  /** The portal's own address, such as `https://portal.example`. */
  readonly publicOrigin: string
  readonly dataDir: string
  readonly serving: { readonly url: string; readonly secret: string }
  /** What this installation can run a deployment on; the first is the usual one. */
  readonly servingEngines: readonly ServingEngineName[]
  /** `outbox`: mail is kept and read on a page. */
  readonly mailDelivery: 'smtp' | 'outbox'
  readonly blobs: Blobs
  /** Public data sets that come with the portal, for first steps. */
  readonly publicDatasets: () => readonly PublicDataset[]
  /** Lets Prometheus in; null: nobody set one. */
  readonly metricsToken: string | null
  /** Failures to sign in, counted. */
  readonly limits: SignInLimits
}

/** Counts failures, so that guessing is slow and nobody is locked out for ever. */
export interface SignInLimits {
  /** @throws AppError `limited` after too many failures from one address or for one account */
  ensureAllowed(keys: readonly string[]): Promise<void>
  recordFailure(keys: readonly string[]): Promise<void>
}

/** An engagement and what the viewer is in it. */
export interface Table {
  readonly engagement: EngagementRow
  readonly standing: Standing
}

/** One request: who asks is found out once, when somebody wants to know. */
export interface RequestContext {
  readonly deps: WebDeps
  readonly nonce: string
  readonly requestId: string
  /** The peer's address, for limits. */
  readonly peer: string
  readonly now: Date
  readonly headers: Headers
  /** Whether somebody opens an address: neither a form that was sent, nor a page that our own script asks for. */
  readonly isOpening: boolean
  /** The person whose pages these are: who signed in, or whose eyes they look through. */
  viewer(): Promise<PersonActor | null>
  /** Not null while one of ours looks at an engagement as a person of its client; then nothing is written. */
  viewing(): Promise<Viewing | null>
  /**
   * Read as the viewer, in one transaction: read only and in one engagement while somebody else's view is looked at.
   * @throws AppError `unauthenticated` when nobody is signed in
   */
  reads<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** SHA-256 of the session id in use; null when nobody is signed in. */
  storedSessionId(): Promise<string | null>
  /** Null when the engagement does not exist for the viewer. */
  table(engagementId: string | undefined): Promise<Table | null>
}

declare module '@remix-run/server-runtime' {
  interface AppLoadContext {
    portal: RequestContext
  }
}

/** `headers` are added to the response: the cookie of a session whose idle time was moved. */
export function requestContext(
  deps: WebDeps,
  input: { request: Request; nonce: string; requestId: string; peer: string },
): RequestContext {
  const headers = new Headers()
  let session: ReturnType<Sessions['read']> | null = null
  const tables = new Map<string, Promise<Table | null>>()

  const readSession = () => {
    session ??= deps.sessions.read(input.request.headers.get('cookie')).then((read) => {
      if (read?.refreshed) headers.append('set-cookie', read.refreshed)
      return read
    })
    return session
  }
  const now = new Date()
  let view: Promise<Viewing | null> | null = null
  const viewing = () =>
    (view ??= readSession().then((read) => (read === null ? null : findViewing(deps.database, read, now))))
  const viewer = async () => (await viewing())?.as ?? (await readSession())?.actor ?? null
  const reads = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const actor = await viewer()
    if (actor === null) throw new AppError('unauthenticated', 'Sign in first.')
    const look = await viewing()
    const scope = look === null ? {} : { engagementId: look.engagementId, isReadOnly: true }
    return deps.database.as({ personId: actor.personId, ...scope }, work)
  }

  return {
    deps,
    nonce: input.nonce,
    requestId: input.requestId,
    peer: input.peer,
    now,
    headers,
    isOpening: input.request.method === 'GET' && !new URL(input.request.url).pathname.endsWith('.data'),
    viewer,
    viewing,
    reads,
    storedSessionId: async () => (await readSession())?.storedId ?? null,
    async table(engagementId) {
      const actor = await viewer()
      if (!actor || engagementId === undefined) return null
      const known = tables.get(engagementId)
      if (known) return known
      const loading = loadTable(reads, actor, engagementId)
      tables.set(engagementId, loading)
      return loading
    },
  }
}

async function loadTable(
  reads: RequestContext['reads'],
  actor: PersonActor,
  engagementId: string,
): Promise<Table | null> {
  try {
    const id = toId<EngagementId>(engagementId)
    return await reads(async (tx) => ({
      engagement: await getEngagement(tx, id),
      standing: await getStanding(tx, actor, id),
    }))
  } catch (error) {
    if (isAppError(error) && error.code === 'not_found') return null
    throw error
  }
}

/** Null when the session looks through its own eyes, when the time is over, or when one of the two left the table. */
async function findViewing(database: Database, session: ReadSession, now: Date): Promise<Viewing | null> {
  const { actor: by, viewing } = session
  if (viewing === null || viewing.until <= now) return null
  const { engagementId, personId, until } = viewing
  return database.as({ personId: by.personId, engagementId, isReadOnly: true }, async (tx) => {
    const standing = await getStanding(tx, by, engagementId)
    const seat = (await listSeats(tx, engagementId)).find(
      (one) => one.personId === personId && viewAsRefusal(standing, one) === null,
    )
    const as = seat === undefined ? null : await findActor(tx, personId)
    return as === null ? null : { engagementId, by, until, as: { ...as, onlyEngagementId: engagementId } }
  })
}
