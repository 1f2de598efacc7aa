import type { CommandContext } from '#app/commands/context.ts'
import { resolveExperiment } from '#app/commands/experiments.ts'
import type { Tx } from '#db/types.ts'

/** Numbers of the experiments that clients name; those that mean nothing find nothing. */
export async function numbersOf(tx: Tx, ctx: CommandContext, said: readonly string[]): Promise<number[]> {
  const numbers = new Set<number>()
  for (const id of said) {
    if (id === '0') numbers.add((await resolveExperiment(tx, ctx.actor, id, ctx.now)).id)
    else if (/^\d{1,15}$/.test(id)) numbers.add(Number(id))
  }
  return [...numbers]
}
