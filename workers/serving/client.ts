import { z } from 'zod'

const Probe = z.object({ maxAbsDiff: z.number(), tolerance: z.number(), latencyMs: z.number() })
const Failure = z.object({ message: z.string() })

export interface RevisionManifest {
  /** Relative to the data folder. */
  readonly onnxPath: string
  readonly onnxSha256: string
  readonly signature: unknown
  readonly example: unknown
  readonly expected: unknown
}

const TIMEOUT_MS = 60_000

/**
 * Ask the serving process to load a revision and to reproduce its example.
 * @returns the probe, or why this revision must not take traffic
 * @throws when the serving process does not answer: try again
 */
export async function loadRevision(
  serving: { readonly url: string; readonly secret: string },
  id: string,
  manifest: RevisionManifest,
): Promise<{ readonly probe: z.infer<typeof Probe> } | { readonly failure: string }> {
  const response = await fetch(`${serving.url}/revisions/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-serving-secret': serving.secret },
    body: JSON.stringify(manifest),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const answer: unknown = await response.json()
  if (response.status === 200) return { probe: Probe.parse(answer) }
  if (response.status >= 500) throw new Error(`The serving process answered ${String(response.status)}.`)
  const failure = Failure.safeParse(answer)
  return {
    failure: failure.success ? failure.data.message : `The serving process answered ${String(response.status)}.`,
  }
}
