/** The worker process: takes tasks off the queue, says that it is alive, and settles what dead workers left behind. */
import { randomUUID } from 'node:crypto'
import { reapJobs } from '#app/commands/job-execution.ts'
import { HEARTBEAT_SECONDS } from '#app/domain/job.ts'
import { openBlobs } from '#db/blob-store.server.ts'
import { isLostWrite, openDatabase } from '#db/client.server.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'
import { beatWorkers, forgetWorkers, listAliveWorkers, listLeaseTokens } from '#db/queries/job-leases.ts'
import { readWorkerConfig } from './config.ts'
import { cageExecutor } from './executors/cage.ts'
import type { Executor } from './executors/executor.ts'
import { watchEndpoints } from '#app/commands/monitoring.ts'
import { expireOldWaivers } from '#app/commands/gate-waivers.ts'
import { advanceRetrainings } from '#app/commands/retraining-execution.ts'
import { fireSchedules } from '#app/commands/schedules.ts'
import { smtpTransport } from './mail/transport.ts'
import { windowCollector } from './serving/collect.ts'
import { reconcileServing } from './serving/reconcile.ts'
import { openQueue } from './queue.ts'
import type { TaskShell } from './task.ts'

exitWithParent()
const config = readWorkerConfig()
const database = openDatabase(config.databaseUrl, {
  connectionsMax: config.concurrency * 3 + 6,
  name: 'throughline worker',
})
/** How often alerts are looked at. */
const WATCH_MS = 10_000
// Before anything that takes time or can fail: a worker that is killed again and again before its first round still
// settles what the one before it held.
await settleExpired().catch(logError)
const stopping = new AbortController()
const shell: TaskShell = {
  database,
  blobs: await openBlobs(config.dataDir, config),
  executor: await executorOf(),
  mail: config.mail === null ? null : smtpTransport(config.mail),
  config,
  workerId: `worker-${randomUUID().slice(0, 8)}`,
  signal: stopping.signal,
  now,
}

const collect = windowCollector(database, config.serving)
let watchedAt = 0
const queue = await openQueue(shell, logError)
let isStopping = false
/** One round after the other: a slow database does not pile them up. */
let round = Promise.resolve()
/** Beside the rounds: bringing a large model back must not keep the heartbeat waiting. */
let reconciling = Promise.resolve()
const rounds = setInterval(() => {
  round = round.then(keepOrder).catch(logError)
  reconciling = reconciling.then(reconcile).catch(logError)
}, HEARTBEAT_SECONDS * 1000)
round = keepOrder().catch(logError)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
process.on('uncaughtException', (error) => {
  logError(error)
  // What runs here is not lost with one connection.
  if (isLostWrite(error)) database.renew().catch(logError)
  else process.exit(1)
})
// A queue that gave up is started afresh by whoever keeps this process running.
void queue.ended.then(() => (isStopping ? undefined : process.exit(1)))
say('ready')

/** What talks to an engine is read only where one is used. */
async function executorOf(): Promise<Executor> {
  const { instance, dockerImage: image, swarmRegistry: registry } = config
  switch (config.executor) {
    case 'cage':
      return cageExecutor()
    case 'docker':
      return (await import('./executors/docker.ts')).dockerExecutor({ instance, image })
    case 'swarm':
      return (await import('./executors/swarm.ts')).swarmExecutor({ instance, image, registry })
    default:
      return config.executor satisfies never
  }
}

/** Say that our workers are alive; settle jobs and give back tasks of those that are not. */
async function keepOrder(): Promise<void> {
  await database.as({}, (tx) => beatWorkers(tx, [...queue.workerIds]))
  await settleExpired()
  const released = await queue.releaseTasksOfDead(await database.as({}, (tx) => listAliveWorkers(tx)))
  if (released > 0) say(`gave back the tasks of ${String(released)} dead workers`)
  const retried = await queue.retryTasksGivenUp()
  if (retried > 0) say(`begins anew with ${String(retried)} tasks that were given up`)
  const swept = await shell.executor.sweep(async () => new Set(await database.as({}, (tx) => listLeaseTokens(tx))))
  if (swept > 0) say(`removed ${String(swept)} containers that belonged to no job`)
}

async function settleExpired(): Promise<void> {
  const settled = await reapJobs(database, now())
  if (settled > 0) say(`settled ${String(settled)} jobs whose worker died`)
}

/** What is done in a round beside keeping order. What cannot be done now does not keep the rest from it. */
async function reconcile(): Promise<void> {
  const at = now()
  await expireOldWaivers(database, at).catch(logError)
  await fireSchedules(database, at).catch(logError)
  await advanceRetrainings(database, { now: at, origin: config.publicOrigin }).catch(logError)
  await serve().catch(logError)
  if (performance.now() - watchedAt < WATCH_MS) return
  watchedAt = performance.now()
  await watchEndpoints(database, { now: now(), origin: config.publicOrigin })
}

/** Make what runs equal to what should run. A serving process that starts just now is asked again in the next round. */
async function serve(): Promise<void> {
  try {
    await reconcileServing({ ...shell, serving: config.serving }, say)
    await collect()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error // fetch says so when nobody listens
  }
}

/**
 * Take nothing new, let what runs come to its end for a while, then give it back (its job starts again elsewhere, and
 * the attempt does not count), and leave.
 */
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  say('stopping')
  const patience = setTimeout(() => stopping.abort(), config.drainSeconds * 1000)
  await queue.stop().catch(logError)
  clearTimeout(patience)
  clearInterval(rounds)
  await Promise.all([round, reconciling])
  await database.as({}, (tx) => forgetWorkers(tx, [...queue.workerIds])).catch(logError)
  await database.close()
  process.exit(0)
}

function now(): Date {
  return new Date()
}

function say(message: string): void {
  process.stdout.write(`${message}\n`)
}

function logError(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
