import { isJobEnded } from '#app/domain/job.ts'
import type { JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { getJob, listJobLog } from '#db/queries/jobs.ts'
import type { ApiContext } from './door.ts'
import { visitorOf } from './door.ts'
import { whileDatabaseReturns } from './patience.ts'

const POLL_MS = 700
const QUIET_MS = 15_000
const STREAM_MS_MAX = 15 * 60_000

/**
 * A job's log and progress as server-sent events. The event id is the log piece's, so that a browser that lost its
 * connection goes on where it was, also after the longest time that a stream may last; it ends with the job.
 */
export async function jobStream(c: ApiContext, deps: WebDeps): Promise<Response> {
  const visitor = await whileDatabaseReturns(() => visitorOf(c, deps, 'team'))
  if (!visitor?.table) return c.text('This page does not exist, or is not yours to see.', 404)
  const jobId = toId<JobId>(c.req.param('jobId'))
  const engagementId = visitor.table.engagement.id
  const { portal } = visitor
  const read = (afterId: number) =>
    whileDatabaseReturns(() =>
      portal.reads(async (tx) => ({
        job: await getJob(tx, engagementId, jobId),
        pieces: await listJobLog(tx, jobId, afterId, 500),
      })),
    )
  const firstId = Number(c.req.header('last-event-id') ?? c.req.query('after') ?? 0)
  let lastId = Number.isSafeInteger(firstId) && firstId >= 0 ? firstId : 0
  await read(lastId)

  const { signal } = c.req.raw
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder()
      const send = (text: string) => {
        controller.enqueue(encoder.encode(text))
      }
      send('retry: 2000\n\n')
      const until = Date.now() + STREAM_MS_MAX
      let [spokeAt, said] = [Date.now(), '']
      try {
        while (!signal.aborted && Date.now() < until) {
          const { job, pieces } = await read(lastId)
          for (const piece of pieces) {
            lastId = piece.id
            send(
              `id: ${String(piece.id)}\nevent: log\ndata: ${JSON.stringify({ stream: piece.stream, text: piece.text })}\n\n`,
            )
          }
          const state = JSON.stringify({
            state: job.state,
            progress: job.progress,
            note: job.progressNote,
            reason: job.reason,
          })
          if (state !== said) send(`event: state\ndata: ${state}\n\n`)
          if (pieces.length > 0 || state !== said) spokeAt = Date.now()
          said = state
          if (isJobEnded(job.state) && pieces.length === 0) {
            send('event: end\ndata: {}\n\n')
            break
          }
          if (Date.now() - spokeAt > QUIET_MS) {
            send(': still here\n\n')
            spokeAt = Date.now()
          }
          await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        }
        controller.close()
      } catch {
        // The browser left, or the database is away: it comes back by its last event id.
        if (!signal.aborted) controller.error(new Error('The stream was interrupted.'))
      }
    },
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
  })
}
