import { EventEmitter } from 'node:events'
import type { CronItem, Runner, TaskList, WorkerEvents } from 'graphile-worker'
import { Logger, makeWorkerUtils, parseCronItems, run } from 'graphile-worker'
import type { TaskName } from '#app/domain/tasks.ts'
import { TASK_NAMES, TASKS } from '#app/domain/tasks.ts'
import { REGISTRY } from './registry.ts'
import type { TaskShell } from './task.ts'

const SCHEMA = 'graphile_worker'
const POLL_MS = 2000
/** Short tasks run beside the jobs: a training of five minutes keeps no mail and no deployment waiting. */
const SHORT_TASKS_AT_ONCE = 4
/** Whatever was wrong, somebody has seen to it by then, or nobody will. */
const GIVEN_UP_DAYS_MAX = 7
/** A task that was locked this long ago by a worker nobody heard of is not one that was locked just now. */
const LOCK_SECONDS_MIN = 12

const CRON: CronItem[] = [
  { task: 'compact_metrics', match: '* * * * *', identifier: 'compact_metrics' },
  { task: 'sweep_storage', match: '17 * * * *', identifier: 'sweep_storage' },
]

export interface Queue {
  /** Names under which this process holds tasks. */
  readonly workerIds: ReadonlySet<string>
  /** Resolves when the queue stopped by itself, which it should not. */
  readonly ended: Promise<void>
  /** Give tasks back that are held by workers which are not among the living. @returns how many workers they were */
  releaseTasksOfDead(alive: readonly string[]): Promise<number>
  /**
   * Begin anew with what was tried as often as the queue tries anything, when its last pause is over: a worker that was
   * killed counts as a try, and the longest outage ends. What waits for such a task would wait for ever. @returns how many
   */
  retryTasksGivenUp(): Promise<number>
  /** Take no more tasks and wait for those under way. */
  stop(): Promise<void>
}

/** Take tasks off the queue: jobs, and beside them everything short. */
export async function openQueue(shell: TaskShell, onError: (message: string) => void): Promise<Queue> {
  const workerIds = new Set<string>()
  const connectionString = shell.config.queueUrl
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') onError(message)
  })
  const start = async (concurrency: number, taskList: TaskList, cron: CronItem[] = []): Promise<Runner> => {
    const events: WorkerEvents = new EventEmitter()
    // Tasks are held in the name of the pool, not of the worker in it.
    events.on('pool:create', ({ workerPool }) => workerIds.add(workerPool.id))
    events.on('job:error', ({ job, error }) => {
      onError(`task ${job.task_identifier} failed: ${error instanceof Error ? error.message : String(error)}`)
    })
    return run({
      connectionString,
      schema: SCHEMA,
      concurrency,
      taskList,
      events,
      logger,
      noHandleSignals: true,
      pollInterval: POLL_MS,
      parsedCronItems: parseCronItems(cron),
    })
  }
  const { run_next_job, answer_batch, ...short } = handlersOf(shell)
  const utils = await makeWorkerUtils({ connectionString, schema: SCHEMA, logger })
  const runners = [
    await start(shell.config.concurrency, { run_next_job }),
    // One file after the other: they are long, and must not take the places of what is short.
    await start(1, { answer_batch }),
    await start(SHORT_TASKS_AT_ONCE, short, CRON),
  ]
  let isStopping = false
  return {
    workerIds,
    ended: Promise.race(runners.map((runner) => runner.promise)).then(
      () => undefined,
      (error: unknown) => {
        if (!isStopping) onError(error instanceof Error ? error.message : String(error))
      },
    ),
    async releaseTasksOfDead(alive) {
      const { rows } = await utils.withPgClient((client) =>
        client.query<{ locked_by: string }>(
          `select distinct locked_by from ${SCHEMA}.jobs
           where locked_by is not null and locked_by <> all ($1) and locked_at < now() - make_interval(secs => $2)`,
          [alive, LOCK_SECONDS_MIN],
        ),
      )
      if (rows.length > 0) await utils.forceUnlockWorkers(rows.map((row) => row.locked_by))
      return rows.length
    },
    async retryTasksGivenUp() {
      // Not by the library's own function, which takes 0 tries for none given.
      const { rows } = await utils.withPgClient((client) =>
        client.query(
          `select id from ${SCHEMA}.reschedule_jobs(attempts := 0, job_ids := array(
             select id from ${SCHEMA}.jobs where attempts >= max_attempts and locked_at is null and run_at <= now()
               and created_at > now() - make_interval(days => $1) order by run_at limit 100))`,
          [GIVEN_UP_DAYS_MAX],
        ),
      )
      return rows.length
    },
    async stop() {
      isStopping = true
      await Promise.all(runners.map((runner) => runner.stop()))
      await utils.release()
    },
  }
}

type Handler = NonNullable<TaskList[string]>

function handlersOf(shell: TaskShell): Record<TaskName, Handler> {
  const handler =
    <Name extends TaskName>(name: Name): Handler =>
    async (payload) => {
      const parsed = TASKS[name].parse(payload)
      await (REGISTRY[name] as (payload: unknown, shell: TaskShell) => Promise<void>)(parsed, shell) // parsed by this task's own schema
    }
  return Object.fromEntries(TASK_NAMES.map((name) => [name, handler(name)])) as Record<TaskName, Handler> // one for each name
}
