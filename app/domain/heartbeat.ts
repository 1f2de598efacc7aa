import { z } from 'zod'
import { line } from './text.ts'

/** Names of deployments elsewhere that one endpoint may have. */
export const ELSEWHERE_MAX = 200
/** Not told otherwise, a deployment reports once an hour. */
const INTERVAL_SECONDS_DEFAULT = 3600
/** So many intervals without a word are silence. */
const MISSED_MAX = 2
const AHEAD_MS_MAX = 5 * 60_000

/** What a deployment that runs elsewhere says of a stretch of time. The same stretch again replaces what was said. */
export const HeartbeatBody = z.object({
  deployment: line(80, 'The name of the deployment'),
  model_version: z.int('must be the number of the model version that runs there').min(1).max(1_000_000_000),
  window_start: z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-02T09:00:00Z' }),
  interval_seconds: z
    .int()
    .min(10)
    .max(31 * 86_400)
    .default(INTERVAL_SECONDS_DEFAULT),
  requests: z.int('must be a whole number').min(0).max(1_000_000_000),
  errors: z.int('must be a whole number').min(0).max(1_000_000_000).default(0),
})
export type Heartbeat = z.infer<typeof HeartbeatBody>

/** What is wrong with the time of a report; null: nothing. */
export function windowFault(startsAt: Date, now: Date): string | null {
  return startsAt.getTime() > now.getTime() + AHEAD_MS_MAX
    ? 'window_start: lies in the future; set the clock of the deployment.'
    : null
}

/** Whether a deployment has missed its reports. */
export function isSilent(last: { readonly reportedAt: Date; readonly intervalSeconds: number }, now: Date): boolean {
  return now.getTime() - last.reportedAt.getTime() > MISSED_MAX * last.intervalSeconds * 1000
}
