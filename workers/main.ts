import { randomUUID } from 'node:crypto'
import type { Runner, TaskList } from 'graphile-worker'
import { Logger, makeWorkerUtils, parseCronItems, run } from 'graphile-worker'
import { reapJobs } from '#app/commands/job-execution.ts'
import { HEARTBEAT_SECONDS } from '#app/domain/job.ts'
import type { TaskName } from '#app/domain/tasks.ts'
import { TASK_NAMES, TASKS } from '#app/domain/tasks.ts'
import { openBlobs } from '#db/blobs.server.ts'
import { openDatabase } from '#db/client.server.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'
import { beatWorkers, forgetWorkers, takeDeadWorkers } from '#db/queries/jobs.ts'
import type { Database } from '#db/types.ts'
import type { WorkerConfig } from './config.ts'
import { readWorkerConfig } from './config.ts'
import { cageExecutor } from './executors/cage.ts'
import { smtpTransport } from './mail/transport.ts'
import { REGISTRY } from './registry.ts'
import type { TaskShell } from './task.ts'

const SCHEMA = 'graphile_worker'

exitWithParent()
const config = readWorkerConfig()
const database = openDatabase(config.databaseUrl, {
  connectionsMax: config.concurrency * 3 + 2,
  name: 'throughline worker',
})
const stopping = new AbortController()
const workerIds = new Set<string>()

await reap()
const runner = await startRunner(config, shellOf(config, database))
const beating = setInterval(() => void reap().catch(logError), HEARTBEAT_SECONDS * 1000)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(runner))
say('ready')

/** Say that our workers are alive; settle jobs and unlock tasks of those that are not. */
async function reap(): Promise<void> {
  await database.as({}, (tx) => beatWorkers(tx, [...workerIds]))
  const reaped = await reapJobs(database, new Date())
  if (reaped > 0) say(`settled ${String(reaped)} jobs whose worker died`)
  const dead = await database.as({}, (tx) => takeDeadWorkers(tx))
  if (dead.length === 0) return
  const utils = await makeWorkerUtils({ connectionString: config.queueUrl, schema: SCHEMA, logger: quietLogger() })
  try {
    await utils.forceUnlockWorkers(dead)
    say(`unlocked the tasks of ${String(dead.length)} dead workers`)
  } finally {
    await utils.release()
  }
}

async function startRunner({ queueUrl, concurrency }: WorkerConfig, shell: TaskShell): Promise<Runner> {
  const started = await run({
    connectionString: queueUrl,
    schema: SCHEMA,
    concurrency,
    noHandleSignals: true,
    pollInterval: 2000,
    logger: quietLogger(),
    taskList: taskListOf(shell),
    parsedCronItems: parseCronItems([{ task: 'compact_metrics', match: '* * * * *', identifier: 'compact_metrics' }]),
  })
  started.events.on('worker:create', ({ worker }) => workerIds.add(worker.workerId))
  started.events.on('job:error', ({ job, error }) => {
    logError(`task ${job.task_identifier} failed: ${error instanceof Error ? error.message : String(error)}`)
  })
  return started
}

function taskListOf(shell: TaskShell): TaskList {
  const handlers: TaskList = {}
  const add = <Name extends TaskName>(name: Name) => {
    handlers[name] = async (payload, helpers) => {
      workerIds.add(helpers.job.locked_by ?? shell.workerId)
      const parsed = TASKS[name].parse(payload)
      await (REGISTRY[name] as (payload: unknown, shell: TaskShell) => Promise<void>)(parsed, shell) // parsed by this task's own schema
    }
  }
  for (const name of TASK_NAMES) add(name)
  return handlers
}

function shellOf(settings: WorkerConfig, db: Database): TaskShell {
  return {
    database: db,
    blobs: openBlobs(settings.dataDir),
    executor: cageExecutor(),
    mail: settings.mail === null ? null : smtpTransport(settings.mail),
    config: settings,
    workerId: `worker-${randomUUID().slice(0, 8)}`,
    signal: stopping.signal,
    now: () => new Date(),
  }
}

/** Stop taking tasks, end what runs in the cage (its job starts again elsewhere), and leave. */
async function stop(running: Runner): Promise<void> {
  say('stopping')
  clearInterval(beating)
  stopping.abort()
  await running.stop().catch(logError)
  await database.as({}, (tx) => forgetWorkers(tx, [...workerIds])).catch(logError)
  await database.close()
  process.exit(0)
}

function quietLogger(): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') logError(message)
  })
}

function say(message: string): void {
  process.stdout.write(`${message}\n`)
}

function logError(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
