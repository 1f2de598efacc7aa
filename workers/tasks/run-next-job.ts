import { beginJob, endJob, giveBackJob } from '#app/commands/job-execution.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { JobEnd } from '#app/domain/job.ts'
import type { JobLease } from '#db/queries/job-leases.ts'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec } from '#workers/executors/executor.ts'
import type { HeldLease } from '#workers/jobs/held-lease.ts'
import { holdLease } from '#workers/jobs/held-lease.ts'
import type { JobLog } from '#workers/jobs/job-log.ts'
import { openJobLog } from '#workers/jobs/job-log.ts'
import { orderOf } from '#workers/jobs/order.ts'
import { untilStored } from '#workers/jobs/until-stored.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'
import { trackingProxy, watchedTracking } from '#workers/tracking-proxy.ts'

/**
 * Claim the next job, run its program, record its end. What the code logs goes through the tracking API with the job's
 * own token, as anybody's would. The lease is kept until the end is written.
 */
export const runNextJob: TaskHandler<'run_next_job'> = async (_payload, shell) => {
  // An executor that cannot be used now keeps the job waiting; the message comes again.
  const [environment, interpreter] = await Promise.all([shell.executor.environment(), shell.executor.interpreter()])
  const begun = await beginJob(shell.database, {
    workerId: shell.workerId,
    executor: shell.executor.name,
    environment,
    interpreter,
    now: shell.now(),
  })
  if (!begun) return
  const { lease, token } = begun
  const held = holdLease(shell.database, lease, shell.signal)
  const log = openJobLog(shell.database, lease)
  try {
    log.write(
      'system',
      `Attempt ${String(lease.attempt)} by ${shell.workerId}, executor ${shell.executor.name}: ${environment}.\n`,
    )
    const end = await attempt(shell, { lease, token, interpreter, held, log })
    await log.close()
    await settle(shell, lease, held, end)
  } finally {
    held.release()
  }
}

interface Attempt {
  readonly lease: JobLease
  readonly token: string | null
  readonly interpreter: string
  readonly held: HeldLease
  readonly log: JobLog
}

/** Run the job's code. Whatever goes wrong before it begins is an end too. */
async function attempt(shell: TaskShell, { lease, token, interpreter, held, log }: Attempt): Promise<JobEnd> {
  let spec: ExecutionSpec
  try {
    spec = await orderOf(shell, lease, interpreter)
  } catch (error) {
    return notStarted(log, error)
  }
  const tracking = watchedTracking(token === null ? noTracking : trackingProxy(shell.config.trackingUrl, token))
  try {
    const end = await shell.executor.run(spec, {
      onLog: log.write,
      onProgress: held.onProgress,
      onUsage: held.onUsage,
      track: tracking.track,
      signal: held.signal,
    })
    return token !== null && tracking.wasLost() ? endWithoutTracking(end, spec) : endOf(end, spec)
  } catch (error) {
    return notStarted(log, error)
  }
}

/** A build logs no run: whatever its packages do, nothing of it becomes evidence. */
const noTracking: ExecutionHooks['track'] = () => Promise.reject(new Error('A build has no tracking API.'))

/** What a person caused (a dataset was withdrawn) ends the job; a fault of the house is tried again. */
function notStarted(log: JobLog, error: unknown): JobEnd {
  const reason = isAppError(error) ? error.message : 'The job could not be started.'
  log.write('system', `${reason}\n`)
  if (!isAppError(error)) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`a job could not be started: ${said}\n`)
  }
  return { state: 'failed', reasonCode: isAppError(error) ? 'exception' : 'not_started', reason, exitCode: null }
}

async function settle(shell: TaskShell, lease: JobLease, held: HeldLease, end: JobEnd): Promise<void> {
  const cause = end.state === 'cancelled' ? held.cause() : null
  switch (cause) {
    case 'lost':
      // Whoever reaped the job has written, or will, what became of it.
      return
    case 'stopping':
      return untilStored(() => giveBackJob(shell.database, lease))
    case 'cancel':
    case null:
      await untilStored(() => endJob(shell.database, lease, { end, variation: Math.random(), now: shell.now() }))
      return
    default:
      return cause satisfies never
  }
}

/** A program that stopped after the tracking API was away has perhaps done nothing wrong: it is tried again. */
function endWithoutTracking(end: ExecutionEnd, spec: ExecutionSpec): JobEnd {
  const said = endOf(end, spec)
  return said.reasonCode === 'exception' || said.reasonCode === 'exit_code'
    ? { ...said, reasonCode: 'tracking_lost', reason: `The tracking API was away. ${said.reason}` }
    : said
}

function endOf(end: ExecutionEnd, { timeoutSeconds }: Pick<ExecutionSpec, 'timeoutSeconds'>): JobEnd {
  switch (end.state) {
    case 'succeeded':
      return { state: 'succeeded', reasonCode: null, reason: '', exitCode: 0 }
    case 'failed':
      return {
        state: 'failed',
        reasonCode: end.reason,
        reason: end.reason === 'out_of_memory' ? `Out of memory. ${end.message}` : end.message,
        exitCode: end.reason === 'exit_code' ? end.exitCode : null,
      }
    case 'timed_out':
      return {
        state: 'timed_out',
        reasonCode: 'time_limit',
        reason: `It took longer than ${String(timeoutSeconds)} seconds.`,
        exitCode: null,
      }
    case 'cancelled':
      return { state: 'cancelled', reasonCode: 'cancelled', reason: 'A person cancelled it.', exitCode: null }
    default:
      return end satisfies never
  }
}
