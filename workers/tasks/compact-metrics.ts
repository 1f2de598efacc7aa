import { toRunId } from '#app/domain/ids.ts'
import { compactMetrics as compact, listLongLogs } from '#db/queries/metric-compaction.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'

const LOG_ROWS_MIN = 64
const RUNS_AT_ONCE = 50
const ROUNDS_MAX = 1000

/** Take logged points over into sorted chunks: of one run, or of every run whose log has grown long. Safe to repeat. */
export const compactMetrics: TaskHandler<'compact_metrics'> = async ({ runId }, shell) => {
  const runIds =
    runId === undefined ? await shell.database.as({}, (tx) => listLongLogs(tx, LOG_ROWS_MIN, RUNS_AT_ONCE)) : [runId]
  for (const id of runIds) await compactRun(shell, id)
}

async function compactRun(shell: TaskShell, id: string): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX && !shell.signal.aborted; round += 1) {
    const hasMore = await shell.database.as({}, (tx) => compact(tx, toRunId(id)))
    if (!hasMore) return
  }
}
