import { startBaseline } from './baseline.ts'
import type { Measured } from './load.ts'
import { senderTo } from './load.ts'
import { startPortal } from './portal.ts'
import { WRITES } from './scenarios.ts'

/** The lowest ratios to the baseline that are not a regression: about a third of what was measured on a busy machine. */
const RATIOS_MIN: Readonly<Record<string, number>> = {
  'log-batch 10×100, 1 clients': 7,
  'log-batch 10×100, 4 clients': 10,
  'log-batch 1000×1, 4 clients': 2,
}

export interface Guarded {
  readonly name: string
  /** How many times as fast as the baseline; the middle one of the rounds. */
  readonly ratio: number
  readonly least: number
  /** Requests that failed, on either side. */
  readonly errors: number
}

/**
 * How fast we write beside the fixed server of `baseline.ts`. Ratios, not times: in each round both run one after the
 * other on the same machine, whatever else it does.
 */
export async function guardRatios({ seconds, rounds }: { seconds: number; rounds: number }): Promise<Guarded[]> {
  const portal = await startPortal()
  const baseline = await startBaseline(portal.ownerUrl)
  const [mine, fixed] = [senderTo(portal.target), senderTo(baseline.target)]
  try {
    const guarded: Guarded[] = []
    for (const scenario of WRITES.filter(({ name }) => Object.hasOwn(RATIOS_MIN, name))) {
      const pairs: [Measured, Measured][] = []
      for (let round = 0; round < rounds; round += 1)
        pairs.push([await scenario.run(mine, seconds), await scenario.run(fixed, seconds)])
      guarded.push({
        name: scenario.name,
        ratio: middle(pairs.map(([ours, theirs]) => ours.perSecond / theirs.perSecond)),
        least: RATIOS_MIN[scenario.name] ?? 0,
        errors: pairs.flat().reduce((sum, { errors }) => sum + errors, 0),
      })
    }
    return guarded
  } finally {
    mine.close()
    fixed.close()
    await baseline.close()
    await portal.stop()
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
