import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { CHARTS_MAX } from '#app/domain/metric.ts'
import { isEnded } from '#app/domain/run.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { Series } from '#db/queries/metrics.ts'
import { latestDigest, listSeries } from '#db/queries/metrics.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Database, Scope } from '#db/types.ts'
import type { ApiContext } from './door.ts'
import { visitorOf } from './door.ts'
import { whileDatabaseReturns } from './patience.ts'

/** How often a run is looked at, however many people watch it; less often when looking takes long. */
const LOOK_MS = 1000
const REST_FACTOR = 10
/** How often a viewer's right to watch is asked for again, and a silent line is kept open. */
const ASK_MS = 15_000
const STREAM_MS_MAX = 15 * 60_000

interface Snapshot {
  /** Changes with what the run logged last. */
  readonly id: string
  readonly series: readonly Series[]
  readonly hasEnded: boolean
}

interface Viewer {
  readonly scope: Scope
  show(snapshot: Snapshot): void
  /** The run is not theirs to see any more, or cannot be read. */
  drop(): void
}

interface Watch {
  readonly viewers: Set<Viewer>
  latest: Snapshot | null
}

const watches = new WeakMap<Database, Map<RunId, Watch>>()

/**
 * The metrics of a run that goes on, as server-sent events: each is everything that is drawn, and its id says which state
 * that is, so that a browser that lost its connection gets what it has not got. Ends with the run, with the viewer's right
 * to see it, and when the viewer leaves.
 */
export async function runStream(c: ApiContext, deps: WebDeps): Promise<Response> {
  const visitor = await whileDatabaseReturns(() => visitorOf(c, deps, 'engagement'))
  if (!visitor?.table) return c.text('This page does not exist, or is not yours to see.', 404)
  const engagementId = visitor.table.engagement.id
  const scope: Scope = { personId: visitor.actor.personId }
  const { id: runId } = await deps.database.as(scope, (tx) => getRun(tx, engagementId, toRunId(c.req.param('runId'))))
  const seen = c.req.header('last-event-id') ?? c.req.query('after') ?? ''
  let leave = (): void => undefined
  let flush = (): void => undefined
  let isOpen = true
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      let pending: Snapshot | null = null
      let shownId = seen
      // A viewer whose line is slow gets the newest state when there is room for it, and no queue of old ones.
      flush = () => {
        if (pending === null || (controller.desiredSize ?? 0) <= 0) return
        const { id, series, hasEnded } = pending
        pending = null
        if (id !== shownId) send(`id: ${id}\nevent: metrics\ndata: ${JSON.stringify(series)}\n\n`)
        shownId = id
        if (!hasEnded) return
        send('event: end\ndata: {}\n\n')
        close()
      }
      const viewer: Viewer = {
        scope,
        show(snapshot) {
          pending = snapshot
          flush()
        },
        drop: () => close(),
      }
      const asking = setInterval(() => {
        void visitorOf(c, deps, 'engagement')
          .then((still) => (still?.table ? send(': still here\n\n') : close()))
          .catch(() => close())
      }, ASK_MS)
      const ending = setTimeout(() => close(), STREAM_MS_MAX)
      leave = () => {
        clearInterval(asking)
        clearTimeout(ending)
        watches.get(deps.database)?.get(runId)?.viewers.delete(viewer)
      }
      const close = () => {
        if (!isOpen) return
        isOpen = false
        leave()
        controller.close()
      }
      c.req.raw.signal.addEventListener('abort', close, { once: true })
      send('retry: 2000\n\n')
      join(deps.database, { engagementId, runId }, viewer)
    },
    pull: () => flush(),
    cancel: () => {
      isOpen = false
      leave()
    },
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
  })
}

/** Add a viewer to those of a run; the first one begins the watch. */
function join(database: Database, of: { engagementId: EngagementId; runId: RunId }, viewer: Viewer): void {
  const runs = watches.get(database) ?? new Map<RunId, Watch>()
  watches.set(database, runs)
  const known = runs.get(of.runId)
  if (known) {
    known.viewers.add(viewer)
    if (known.latest) viewer.show(known.latest)
    return
  }
  const watch: Watch = { viewers: new Set([viewer]), latest: null }
  runs.set(of.runId, watch)
  void follow(database, of, watch)
    .catch((error: unknown) => {
      logError(error, 'a run that is watched')
      for (const one of [...watch.viewers]) one.drop()
    })
    .finally(() => runs.delete(of.runId))
}

/** Look at a run while anybody watches it and it goes on: one look for all of them, with the rights of one of them. */
async function follow(
  database: Database,
  { engagementId, runId }: { engagementId: EngagementId; runId: RunId },
  watch: Watch,
): Promise<void> {
  for (;;) {
    const [reader] = watch.viewers
    if (!reader) return
    const startedAt = performance.now()
    try {
      const known = watch.latest
      const next = await database.as(reader.scope, async (tx): Promise<Snapshot | null> => {
        const run = await getRun(tx, engagementId, runId)
        const hasEnded = isEnded(run.state)
        const id = await latestDigest(tx, run.id)
        if (known?.id === id && known.hasEnded === hasEnded) return null
        return { id, hasEnded, series: (await listSeries(tx, run.id)).slice(0, CHARTS_MAX) }
      })
      if (next !== null) {
        watch.latest = next
        for (const viewer of [...watch.viewers]) viewer.show(next)
      }
      if (watch.latest?.hasEnded) return
    } catch (error) {
      if (!isAppError(error)) throw error
      watch.viewers.delete(reader)
      reader.drop()
      continue
    }
    await sleep(Math.max(LOOK_MS, REST_FACTOR * (performance.now() - startedAt)), undefined, { ref: false })
  }
}
