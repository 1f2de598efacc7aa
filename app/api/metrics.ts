import { timingSafeEqual } from 'node:crypto'
import { prometheusText } from '#app/domain/prometheus.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { sha256 } from '#db/digest.ts'
import { readOperations } from '#db/queries/operations.ts'
import type { ApiContext } from './door.ts'

const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))

/** How this instance does, for Prometheus. Without a METRICS_TOKEN there is no such door. */
export async function metricsDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  if (deps.metricsToken === null) return c.text('This page does not exist, or is not yours to see.', 404)
  const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(' ')
  if (scheme.toLowerCase() !== 'bearer' || !isSame(token, deps.metricsToken))
    return c.json({ error_code: 'UNAUTHENTICATED', message: 'Send the token of METRICS_TOKEN as a Bearer.' }, 401)
  const samples = await deps.database.as({ door: 'auth' }, readOperations)
  const own = [
    { name: 'process_resident_memory_bytes', labels: {}, value: process.memoryUsage.rss() },
    { name: 'process_uptime_seconds', labels: {}, value: Math.round(process.uptime()) },
  ]
  return c.text(prometheusText([...samples, ...own]), 200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  })
}
