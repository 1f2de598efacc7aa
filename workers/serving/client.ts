import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#app/domain/errors.ts'
import { EngineOrder } from '#app/domain/serving-engine.ts'

const Probe = z.object({ maxAbsDiff: z.number(), tolerance: z.number(), latencyMs: z.number() })
const Failure = z.object({ message: z.string() })

export interface RevisionManifest {
  /** Relative to the data folder. */
  readonly onnxPath: string
  readonly onnxSha256: string
  readonly signature: unknown
  readonly example: unknown
  readonly expected: unknown
  readonly reference: unknown
  readonly order: EngineOrder
}

export interface Serving {
  readonly url: string
  readonly secret: string
}

/** How long is waited for a serving process that is being started again. */
const RETURN_MS_MAX = 20_000
const AGAIN_MS = 500

/** Ask again while nobody listens, or the connection breaks: asking changes nothing. @throws when nobody comes back */
export async function whileServingReturns<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = performance.now() + RETURN_MS_MAX
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() > deadline) throw error
    }
    await sleep(AGAIN_MS, null, { signal })
  }
}

/** What the system or `fetch` names a connection that could not be made or broke: an address that is none has no code. */
function isConnectionLoss(error: unknown): boolean {
  const cause = error instanceof TypeError ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && /^(ECONN|EPIPE|UND_ERR_SOCKET)/.test(String(cause.code))
}

/** An engine may have to make an image first. */
const TIMEOUT_MS = 120_000

/**
 * Ask the serving process to load a revision and to reproduce its example.
 * @returns the probe; why this revision must not take traffic; or that its engine is away now
 * @throws when the serving process does not answer: try again
 */
export async function loadRevision(
  serving: Serving,
  id: string,
  manifest: RevisionManifest,
): Promise<{ readonly probe: z.infer<typeof Probe> } | { readonly failure: string; readonly isAway: boolean }> {
  const response = await fetch(`${serving.url}/revisions/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-serving-secret': serving.secret },
    body: JSON.stringify(manifest),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const answer: unknown = await response.json()
  if (response.status === 200) return { probe: Probe.parse(answer) }
  const isAway = response.status === 503
  if (response.status >= 500 && !isAway) throw new Error(`The serving process answered ${String(response.status)}.`)
  const failure = Failure.safeParse(answer)
  return {
    isAway,
    failure: failure.success ? failure.data.message : `The serving process answered ${String(response.status)}.`,
  }
}

const Listing = z.object({ revisions: z.array(z.object({ id: z.string(), order: EngineOrder })) })

/** The revisions that the serving process has, and how each runs. @throws when it does not answer */
export async function listRevisions(serving: Serving): Promise<z.infer<typeof Listing>['revisions']> {
  const response = await fetch(`${serving.url}/revisions`, {
    headers: { 'x-serving-secret': serving.secret },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  return Listing.parse(await response.json()).revisions
}

/** Take a revision away. Safe to repeat. @throws when the serving process does not answer */
export async function removeRevision(serving: Serving, id: string): Promise<void> {
  const response = await fetch(`${serving.url}/revisions/${id}`, {
    method: 'DELETE',
    headers: { 'x-serving-secret': serving.secret },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`The serving process answered ${String(response.status)}.`)
}

const Collected = z.object({
  source: z.uuid(),
  windows: z.array(
    z.object({
      deploymentId: z.uuid(),
      startsAt: z.coerce.date(),
      requests: z.int(),
      rows: z.int(),
      clientErrors: z.int(),
      serverErrors: z.int(),
      latency: z.string(),
      scores: z.array(z.number()),
      inputs: z.record(z.string(), z.array(z.number())),
    }),
  ),
  scores: z.array(
    z.object({
      seq: z.int(),
      deploymentId: z.uuid(),
      requestId: z.uuid(),
      row: z.int(),
      score: z.number(),
      at: z.coerce.date(),
    }),
  ),
})

/** What the serving process counted in the last minutes, and the scores after a number. @throws when it does not answer */
export async function collectWindows(serving: Serving, afterSeq: number): Promise<z.infer<typeof Collected>> {
  const response = await fetch(`${serving.url}/windows?after=${String(afterSeq)}`, {
    headers: { 'x-serving-secret': serving.secret },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  return Collected.parse(await response.json())
}

/**
 * Predictions of a revision for rows by name.
 * @throws AppError `invalid` for rows that it will never take; another error when it does not answer: try again
 */
export async function predictRows(
  serving: Serving,
  id: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<(number | number[])[]> {
  const response = await fetch(`${serving.url}/revisions/${id}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-serving-secret': serving.secret },
    body: JSON.stringify({ dataframe_records: rows }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status === 400 || response.status === 413) {
    const failure = Failure.safeParse(await response.json())
    throw new AppError('invalid', `The model does not take these rows. ${failure.data?.message ?? ''}`.trim())
  }
  if (!response.ok) throw new Error(`The serving process answered ${String(response.status)}.`)
  return z.object({ predictions: z.array(z.union([z.number(), z.array(z.number())])) }).parse(await response.json())
    .predictions
}
