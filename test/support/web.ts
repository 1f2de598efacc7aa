import type { LoaderFunctionArgs } from '@remix-run/node'
import type { PersonActor } from '#app/domain/actor.ts'
import type { RequestContext, WebDeps } from '#app/server/context.server.ts'
import { requestContext } from '#app/server/context.server.ts'
import { createSessions } from '#app/server/session.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import type { Database } from '#db/types.ts'
import { test as base } from './engagement.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { ORIGIN } from './factories.ts'

interface Web {
  /** What a page's loader answers a person in the fixture's engagement. @throws Response when there is nothing for that person */
  get<T>(
    who: PersonActor,
    loader: (args: LoaderFunctionArgs) => Promise<T>,
    params?: Record<string, string>,
    search?: string,
  ): Promise<T>
  /** What a person downloads. */
  text(
    who: PersonActor,
    loader: (args: LoaderFunctionArgs) => Promise<Response>,
    params?: Record<string, string>,
    search?: string,
  ): Promise<string>
  /** How many transactions were begun by loaders. */
  readsCount(): number
}

/** `test` with the loaders of pages, as a person's browser reaches them. */
export const test = base.extend<{ web: Web }>({
  web: async ({ pools, fixture }, use) => {
    await use(aWeb(pools, fixture))
  },
})

/** What the web process is made of, over a database, with nothing else behind it. */
export function depsOver(database: Database): WebDeps {
  return {
    database,
    sessions: createSessions(database, { isSecure: false }),
    publicOrigin: ORIGIN,
    dataDir: '',
    servingEngines: ['onnx'],
    serving: { url: 'http://127.0.0.1:9', secret: 'none' },
    mailDelivery: 'outbox',
    blobs: diskBlobs(''),
    metricsToken: null,
    publicDatasets: () => [],
    limits: { ensureAllowed: () => Promise.resolve(), recordFailure: () => Promise.resolve() },
  }
}

function aWeb(pools: Pools, { engagementId }: EngagementFixture): Web {
  const deps = depsOver(pools.web)
  let reads = 0
  const get: Web['get'] = async (who, loader, params = {}, search = '') => {
    const cookie = (await deps.sessions.start(who.personId, new Request(ORIGIN), new Date())).split(';')[0] ?? ''
    const request = new Request(`${ORIGIN}/x${search}`, { headers: { cookie } })
    const real = requestContext(deps, { request, nonce: '', requestId: '', peer: '' })
    const portal: RequestContext = { ...real, reads: (work) => ((reads += 1), real.reads(work)) }
    return loader({ request, params: { engagementId, ...params }, context: { portal } })
  }
  return { get, text: async (...asked) => (await get(...asked)).text(), readsCount: () => reads }
}
