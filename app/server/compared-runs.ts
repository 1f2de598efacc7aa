import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { comparedRows } from '#app/domain/run-comparison.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import type { RunRow } from '#db/queries/runs.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'

const RUNS_MAX = 10

/**
 * The runs that a URL names (`?run=`), in its order, and every value of theirs side by side.
 * @throws AppError `not_found` when one of them is not of the engagement, `invalid` when they are too many
 */
export async function comparedRuns(tx: Tx, engagementId: EngagementId, url: URL) {
  const ids = [...new Set(url.searchParams.getAll('run'))].map((id) => toRunId(id))
  if (ids.length > RUNS_MAX) throw new AppError('invalid', `At most ${String(RUNS_MAX)} runs are compared at once.`)
  const found: RunRow[] = []
  for (const id of ids) found.push(await getRun(tx, engagementId, id))
  const verdicts = await listEvaluations(tx, engagementId, { runIds: ids })
  const rows = comparedRows(
    (await loadRunDetails(tx, found)).map(({ run, ...detail }) => ({
      ...detail,
      verdicts: verdicts.filter((verdict) => verdict.runId === run.id),
    })),
  )
  return { ids, found, runs: found.map((run) => ({ id: run.id, name: nameOf(run, found) })), rows }
}

/** Told apart by their ids where two have one name. */
function nameOf(run: { id: string; name: string }, among: readonly { name: string }[]): string {
  const isAlone = among.filter(({ name }) => name === run.name).length === 1
  return isAlone ? run.name : `${run.name} (${run.id.slice(0, 6)})`
}
