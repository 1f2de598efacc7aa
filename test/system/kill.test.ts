import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '#test/support/database.ts'
import { query } from '#test/support/database.ts'
import type { Portal } from '#test/support/portal.ts'
import { refusedStart, startPortal } from '#test/support/portal.ts'
import { copySeeded } from '#test/support/seeded-folder.ts'

/** What survives `kill -9`, with the processes that `npm start` really starts. */

const folder = mkdtempSync(path.join(os.tmpdir(), 'throughline-'))
const dataDir = path.join(folder, 'data')
let portal: Portal
let demo: { signIns: { email: string; password: string }[]; tracking: { token: string } }

beforeAll(async () => {
  copySeeded(dataDir)
  portal = await startPortal({ dataDir })
  demo = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8'))
}, 200_000)

afterAll(async () => {
  await portal.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

function database<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  const read = (name: string) => readFileSync(path.join(dataDir, name), 'utf8').trim()
  return query(
    `postgres://throughline_owner:${read('secrets/postgres-owner')}@127.0.0.1:${read('postgres.port')}/throughline`,
    work,
  )
}

async function until<T>(what: string, seconds: number, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask().catch(() => null)
    if (answer) return answer
    if (performance.now() > deadline)
      throw new Error(`Not within ${String(seconds)} s: ${what}\n${portal.said().slice(-3000)}`)
    await sleep(100)
  }
}

const api = (method: string, name: string, body?: unknown) =>
  fetch(`${portal.origin}/api/2.0/mlflow/${name}`, {
    method,
    headers: { authorization: `Bearer ${demo.tracking.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })

/** Log one point after the other until told to stop; what was answered with 200 is acknowledged. */
function keepLogging(runId: string, key: string) {
  const acknowledged: number[] = []
  let [unknown, isOver] = [0, false]
  const done = (async () => {
    for (let step = 0; !isOver; step += 1) {
      const answer = await api('POST', 'runs/log-metric', {
        run_id: runId,
        key,
        value: step / 7,
        timestamp: step + 1,
        step,
      }).catch(() => null)
      if (answer?.status === 200) acknowledged.push(step)
      else unknown += 1
      await sleep(5)
    }
  })()
  return {
    acknowledged,
    async stop() {
      isOver = true
      await done
      return { acknowledged, unknown }
    },
  }
}

async function newRun(): Promise<string> {
  const answer = await api('POST', 'runs/create', { experiment_id: '0', run_name: 'killed around' })
  return ((await answer.json()) as { run: { info: { run_id: string } } }).run.info.run_id
}

/** The steps of a metric that the API gives back, in one page. */
async function storedSteps(runId: string, key: string): Promise<number[]> {
  const answer = await api('GET', `metrics/get-history?run_id=${runId}&metric_key=${key}&max_results=25000`)
  const { metrics = [] } = (await answer.json()) as { metrics?: { step: number }[] }
  return metrics.map((point) => point.step)
}

/** What the data scientist's browser sends along once signed in. */
async function signedIn(): Promise<Record<string, string>> {
  const headers = { origin: portal.origin, 'sec-fetch-site': 'same-origin' }
  const { email, password } = demo.signIns.find((one) => one.email.startsWith('tomas')) ?? { email: '', password: '' }
  const answer = await fetch(`${portal.origin}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams({ email, password }),
  })
  const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  expect(cookie).toMatch(/^throughline=/)
  return { ...headers, cookie }
}

/** Start a training job that takes a while. @returns the job's id */
async function startJob(runName: string): Promise<string> {
  const headers = await signedIn()
  const [chosen] = await database(
    (sql) => sql<{ engagement: string; train: string; test: string }[]>`
      select e.id as engagement,
        (select v.id from dataset_versions v join datasets d on d.id = v.dataset_id where d.engagement_id = e.id and d.name = 'birdstrikes-train') as train,
        (select v.id from dataset_versions v join datasets d on d.id = v.dataset_id where d.engagement_id = e.id and d.name = 'birdstrikes-holdout') as test
      from engagements e where e.name = 'Bird-strike damage triage'`,
  )
  const form = {
    recipe: 'bird-strike-damage',
    runName,
    requestKey: randomUUID(),
    train: chosen?.train ?? '',
    test: chosen?.test ?? '',
    iterations: '80',
  }
  const started = await fetch(`${portal.origin}/engagements/${chosen?.engagement ?? ''}/jobs/new`, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams(form),
  })
  const id = /jobs\/([0-9a-f-]{36})/.exec(started.headers.get('location') ?? '')?.[1]
  expect(id, await started.text()).toBeTruthy()
  return id ?? ''
}

interface JobFacts {
  state: string
  attempt: number
  reason: string
}
const jobOf = async (id: string) =>
  (await database((sql) => sql<JobFacts[]>`select state, attempt, reason from jobs where id = ${id}`))[0]
const runsOf = (id: string) =>
  database(
    (sql) => sql<{ state: string; isLogging: boolean }[]>`
      select r.state, exists (select 1 from latest_metrics m where m.run_id = r.id and m.step > 3) as "isLogging"
      from runs r where r.job_id = ${id} order by r.created_at`,
  )

/** Wait until a job's code logs, so that the kill hits it at work. */
const atWork = (id: string) =>
  until('the job is at work', 60, async () =>
    (await runsOf(id)).some((run) => run.state === 'running' && run.isLogging),
  )
const ended = (id: string) =>
  until('the job ends', 120, async () => {
    const job = await jobOf(id)
    return job && !['queued', 'running'].includes(job.state) ? job : null
  })

test('the demonstration’s decisions were made in the order of their chain', async () => {
  const chain = await database(
    (sql) => sql<{ organisation: string; at: Date }[]>`
      select organisation_id as organisation, at from decision_records order by organisation_id, seq`,
  )
  expect(chain.length).toBeGreaterThan(8)
  const backwards = chain.filter((link, index) => {
    const before = chain[index - 1]
    return before?.organisation === link.organisation && before.at > link.at
  })
  expect(backwards).toEqual([])
})

test('all at once in the middle of a job: the next start comes up, the job ends truthfully, nothing acknowledged is lost', async () => {
  const job = await startJob('killed with everything')
  await atWork(job)
  const runId = await newRun()
  const logging = keepLogging(runId, 'all')
  await until('points are acknowledged', 20, async () => logging.acknowledged.length > 30)
  portal.kill()
  const { acknowledged } = await logging.stop()
  // They are gone when they were scheduled once more.
  await until('they are gone', 10, () => Promise.resolve(portal.processes().length === 0))
  const startedAt = performance.now()
  portal = await startPortal({ dataDir, port: Number(new URL(portal.origin).port) })
  expect(portal.said()).not.toContain('Filling the demonstration')
  expect((performance.now() - startedAt) / 1000).toBeLessThan(60)
  expect(await storedSteps(runId, 'all')).toEqual(expect.arrayContaining(acknowledged))
  expect(acknowledged.length).toBeGreaterThan(30)
  expect(await ended(job)).toMatchObject({ state: 'succeeded', attempt: 2 })
  expect((await runsOf(job)).map((run) => run.state)).toEqual(['lost', 'finished'])
}, 300_000)

test('one after the other under load: each comes back by itself', async () => {
  const runId = await newRun()
  const healthy = () => until('the portal is healthy', 40, async () => (await fetch(`${portal.origin}/health`)).ok)
  for (const [name, command] of [
    ['web', /app\/main\.js/],
    ['postgres', /postgres -D/],
    ['serving', /workers\/serving\/main\.js/],
  ] as const) {
    const running = (which: RegExp) => portal.processes().find((one) => which.test(one.command))?.pid
    const before = running(command)
    expect(before, name).toBeDefined()
    const web = running(/app\/main\.js/)
    const logging = keepLogging(runId, name)
    await until('points are acknowledged', 20, async () => logging.acknowledged.length > 20)
    portal.kill(command)
    await sleep(300)
    await healthy()
    const count = logging.acknowledged.length
    await until(
      `points are acknowledged after the kill of ${name}`,
      40,
      async () => logging.acknowledged.length > count + 20,
    )
    const { acknowledged, unknown } = await logging.stop()
    if (name !== 'serving') expect(unknown, `${name} was hit at work`).toBeGreaterThan(0)
    expect(await storedSteps(runId, name)).toEqual(expect.arrayContaining(acknowledged))
    await until(`${name} runs again`, 20, async () =>
      portal.processes().some((one) => command.test(one.command) && one.pid !== before),
    )
    // Whatever becomes of the others, callers find somebody who answers.
    if (name !== 'web') expect(running(/app\/main\.js/)).toBe(web)
  }
}, 300_000)

test('who opens a page while the database is away is told to wait a moment, never that something broke', async () => {
  const headers = await signedIn()
  const answers: string[] = []
  const saidBefore = portal.said().length
  portal.kill(/postgres -D/)
  await until('the pages are back', 40, async () => {
    for (const place of ['/', '/engagements', '/engagements.data', '/account', '/outbox', '/nothing-here']) {
      const answer = await fetch(`${portal.origin}${place}`, { headers, redirect: 'manual' })
      const text = await answer.text()
      const isTold = /One moment|The database is restarting/.test(text) && answer.headers.get('retry-after') !== null
      answers.push(`${String(answer.status)}${answer.status === 503 ? (isTold ? ' told' : ' silent') : ''}`)
    }
    return (await fetch(`${portal.origin}/`, { headers })).ok
  })
  expect(answers).toContain('503 told')
  expect(answers.filter((answer) => !['200', '404', '503 told'].includes(answer))).toEqual([])
  // The worker begins anew after it, and a job that was taken up before would begin once more.
  await until('the worker is there again', 40, () =>
    Promise.resolve(/worker +\| ready/.test(portal.said().slice(saidBefore))),
  )
}, 60_000)

test('a worker in the middle of a job: the job starts again and ends, with one finished run', async () => {
  const job = await startJob('its worker was killed')
  await atWork(job)
  portal.kill(/workers\/main\.js/)
  const killedAt = performance.now()
  await until('the job is settled', 30, async () => {
    const found = await jobOf(job)
    return found && (found.attempt > 1 || found.state !== 'running')
  })
  expect((performance.now() - killedAt) / 1000).toBeLessThan(25)
  expect(await ended(job)).toMatchObject({ state: 'succeeded', attempt: 2 })
  // A worker that begins anew because the database was away gives its job back: then it was lost once more.
  const states = (await runsOf(job)).map((run) => run.state)
  expect([new Set(states.slice(0, -1)), states.at(-1)]).toEqual([new Set(['lost']), 'finished'])
}, 200_000)

test('a second portal on the same folder or port is refused in one sentence', async () => {
  const port = new URL(portal.origin).port
  const sameFolder = await refusedStart({ DATA_DIR: dataDir, PORT: '39999' })
  expect(sameFolder.code).toBe(1)
  expect(sameFolder.said.trim().split('\n')).toHaveLength(1)
  const samePort = await refusedStart({ DATA_DIR: path.join(folder, 'other'), PORT: port })
  expect(samePort).toMatchObject({ code: 1 })
  expect(samePort.said.trim()).toBe(`Port ${port} is taken by another program: stop it, or set PORT to another number.`)
  const unreachable = await refusedStart({
    DATA_DIR: path.join(folder, 'third'),
    PORT: '39998',
    DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/x',
  })
  expect(unreachable.code).toBe(1)
  expect(unreachable.said).toContain('The PostgreSQL of DATABASE_URL at 127.0.0.1 port 1 does not let us in')
  expect(unreachable.said).not.toContain('secret')
}, 60_000)

test('Ctrl-C stops every process, and nothing is left behind', async () => {
  const pids = portal.processes().map(({ pid }) => pid)
  expect(pids.length).toBeGreaterThan(5)
  expect(await portal.stop()).toBe(0)
  for (const pid of pids) expect(existsSync(`/proc/${String(pid)}`), String(pid)).toBe(false)
  expect(existsSync(path.join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
  const startedAt = performance.now()
  portal = await startPortal({ dataDir })
  expect(portal.said()).toMatch(/Throughline is ready after \d/)
  expect((performance.now() - startedAt) / 1000).toBeLessThan(60)
}, 120_000)
