import { CsvError } from 'csv-parse'
import type { RoleFill } from '#app/commands/retraining-check.ts'
import { beginRetrainingCheck, endRetrainingCheck } from '#app/commands/retraining-check.ts'
import { signatureOf } from '#app/commands/signatures.ts'
import { isUsable } from '#app/domain/dataset.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { EngagementId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { PlainSignature } from '#app/domain/openapi.ts'
import type { DataFacts } from '#app/domain/training-schema.ts'
import { columnNeeds, schemaProblems } from '#app/domain/training-schema.ts'
import { readDataFacts } from '#db/csv-rows.server.ts'
import type { DatasetVersionRow } from '#db/queries/datasets.ts'
import { recipeDigest } from '#workers/recipes/recipes.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'

/** Look at the data of a retraining before anything is trained. Safe to repeat: the end of the look is written once. */
export const checkRetraining: TaskHandler<'check_retraining'> = async (payload, shell) => {
  const at = { now: shell.now(), origin: shell.config.publicOrigin }
  const check = await beginRetrainingCheck(shell.database, toId<RetrainingId>(payload.retrainingId), at)
  if (check === null) return
  const problems: string[] = []
  try {
    const signature = await signatureOf(shell.blobs, check.engagementId, check.live)
    // What was trained on before fitted then.
    for (const fill of check.fills.filter(({ before, fresh }) => before.id !== fresh.id))
      problems.push(...(await problemsOf(shell, check.engagementId, fill, signature)))
  } catch (error) {
    // Bytes that are gone, or are no table, are a reason to refuse and none to try again.
    if (!isAppError(error) && !(error instanceof CsvError)) throw error
    problems.push(`The data, or the signature of what is live, cannot be read: ${error.message}`)
  }
  await endRetrainingCheck(shell.database, check, { problems, code: recipeDigest(check.recipe.key), ...at })
}

async function problemsOf(
  shell: TaskShell,
  engagementId: EngagementId,
  { columns, before, fresh }: RoleFill,
  signature: PlainSignature | null,
): Promise<string[]> {
  const factsBefore = !isUsable(before.state) ? null : await factsOf(shell, engagementId, before, columns)
  const needs = columnNeeds({
    recipeColumns: columns,
    signature,
    columnsBefore: before.profile.columns,
    before: factsBefore,
  })
  const facts = await factsOf(shell, engagementId, fresh, columns)
  return schemaProblems(needs, {
    name: `${fresh.name} v${String(fresh.version)}`,
    columns: fresh.profile.columns,
    facts: facts ?? {},
  })
}

/** Null when the bytes were never here. */
async function factsOf(
  { blobs }: TaskShell,
  engagementId: EngagementId,
  { sha256 }: DatasetVersionRow,
  columns: readonly string[],
): Promise<DataFacts | null> {
  if (sha256 === null) return null
  return readDataFacts((await blobs.open(engagementId, sha256)).stream(), columns)
}
