import { EngineAway } from './engines/engine.ts'
import type { Model } from './model.ts'
import type { Manifest } from './protocol.ts'
import { maxAbsDiff, parseInvocation, RequestError, TOLERANCE } from './protocol.ts'

export type ProbeFailure =
  | 'manifest_invalid'
  | 'path_invalid'
  | 'hash_mismatch'
  | 'model_invalid'
  | 'example_invalid'
  | 'prediction_mismatch'
  | 'engine_absent'

export interface Probe {
  readonly maxAbsDiff: number
  readonly tolerance: number
  readonly latencyMs: number
}

/** A revision that must not be served, and why. */
export class Refused extends Error {
  readonly error: ProbeFailure
  constructor(error: ProbeFailure, message: string) {
    super(message)
    this.error = error
  }
}

/**
 * Ask a model for its stored example.
 * @throws Refused when it does not say what its training code said; EngineAway when it went away meanwhile
 */
export async function probed(
  model: Model,
  { signature, example, expected }: Pick<Manifest, 'signature' | 'example' | 'expected'>,
): Promise<Probe> {
  try {
    const columns = parseInvocation(signature, example)
    const served = await model.predict(columns)
    const difference = maxAbsDiff(served, expected)
    if (difference === null)
      throw new Refused(
        'prediction_mismatch',
        'The example gives another number of predictions than were stored, or one that is not finite.',
      )
    if (difference > TOLERANCE)
      throw new Refused(
        'prediction_mismatch',
        `The served predictions differ from the stored ones by up to ${difference.toPrecision(3)}; ${TOLERANCE} is allowed.`,
      )
    // The first prediction warms the session up; the second is what a caller will see.
    const startedAt = performance.now()
    await model.predict(columns)
    return { maxAbsDiff: difference, tolerance: TOLERANCE, latencyMs: performance.now() - startedAt }
  } catch (error) {
    // What went away in the middle says nothing of the model.
    if (error instanceof Refused || error instanceof EngineAway) throw error
    if (error instanceof RequestError)
      throw new Refused('example_invalid', `The stored example does not fit the signature. ${error.message}`)
    throw new Refused('example_invalid', 'The model could not predict the stored example.')
  }
}
