import type { Measured, Sender } from './load.ts'
import { measure } from './load.ts'

/** One line of the table. `per` says how many units a request counts for. */
export interface Scenario {
  readonly name: string
  readonly unit: string
  readonly per: number
  run(sender: Sender, seconds: number): Promise<Measured>
}

const EPOCH = 1_700_000_000_000
let clock = 0

/** Text as people log it, not one letter a thousand times. */
const WORDS = 'gradient boosted trees on monthly snapshots with a held out quarter and calibrated probabilities'.split(
  ' ',
)

export async function created(sender: Sender): Promise<string> {
  const { text } = await sender.send('POST', 'runs/create', JSON.stringify({ experiment_id: '0', start_time: EPOCH }))
  const answer: unknown = JSON.parse(text)
  const id = /"run_id":\s*"([0-9a-f]{32})"/.exec(JSON.stringify(answer))?.[1]
  if (id === undefined) throw new Error(`runs/create answered ${text.slice(0, 200)}`)
  return id
}

function batch(runId: string, keys: number, steps: number): string {
  const metrics = []
  for (let step = 0; step < steps; step += 1) {
    clock += 1
    for (let key = 0; key < keys; key += 1)
      metrics.push({
        key: `metric_${String(key)}`,
        value: Math.sin(clock + key),
        timestamp: EPOCH + clock * 250,
        step: clock,
      })
  }
  return JSON.stringify({ run_id: runId, metrics, params: [], tags: [] })
}

const perClient =
  (clients: number, once: (sender: Sender, runId: string, turn: number) => Promise<boolean>) =>
  async (sender: Sender, seconds: number): Promise<Measured> => {
    const runIds = await Promise.all(Array.from({ length: clients }, () => created(sender)))
    return measure(clients, seconds, (client, turn) => once(sender, runIds[client] ?? '', turn))
  }

const isOk = async (answer: Promise<{ readonly status: number }>) => (await answer).status === 200

const single = (clients: number): Scenario => ({
  name: `log-metric, ${String(clients)} clients`,
  unit: 'req/s',
  per: 1,
  run: perClient(clients, (sender, runId) => {
    clock += 1
    const body = { run_id: runId, key: 'loss', value: Math.sin(clock), timestamp: EPOCH + clock, step: clock }
    return isOk(sender.send('POST', 'runs/log-metric', JSON.stringify(body)))
  }),
})

const batches = (clients: number, keys: number, steps: number): Scenario => ({
  name: `log-batch ${String(keys)}×${String(steps)}, ${String(clients)} clients`,
  unit: 'points/s',
  per: keys * steps,
  run: perClient(clients, (sender, runId) => isOk(sender.send('POST', 'runs/log-batch', batch(runId, keys, steps)))),
})

export const WRITES: readonly Scenario[] = [
  single(1),
  single(16),
  batches(4, 10, 1),
  batches(1, 10, 100),
  batches(4, 10, 100),
  batches(4, 1000, 1),
  {
    name: 'runs/create, 4 clients',
    unit: 'req/s',
    per: 1,
    run: (sender, seconds) => measure(4, seconds, async () => (await created(sender)) !== ''),
  },
  {
    name: 'runs/get, 4 clients',
    unit: 'req/s',
    per: 1,
    run: perClient(4, (sender, runId) => isOk(sender.send('GET', `runs/get?run_id=${runId}&run_uuid=${runId}`))),
  },
]

/** An experiment of `count` runs, each with 10 metrics, 20 parameters and 5 tags. @returns its id */
export async function seedRuns(sender: Sender, count: number): Promise<string> {
  const name = `bench ${String(Date.now())}`
  const { text } = await sender.send('POST', 'experiments/create', JSON.stringify({ name }))
  const experimentId = /"experiment_id":\s*"(\d+)"/.exec(text)?.[1] ?? ''
  let next = 0
  const work = async () => {
    for (let at = next; at < count; at = next) {
      next += 1
      const made = await sender.send(
        'POST',
        'runs/create',
        JSON.stringify({ experiment_id: experimentId, start_time: EPOCH + at * 1000, run_name: `run ${String(at)}` }),
      )
      const runId = /"run_id":\s*"([0-9a-f]{32})"/.exec(made.text)?.[1] ?? ''
      const logged = await sender.send('POST', 'runs/log-batch', JSON.stringify(details(runId, at)))
      if (logged.status !== 200) throw new Error(`Seeding failed: ${logged.text.slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return experimentId
}

function details(runId: string, at: number) {
  const word = (place: number) => WORDS[(at + place) % WORDS.length] ?? 'word'
  return {
    run_id: runId,
    metrics: Array.from({ length: 10 }, (_, key) => ({
      key: `metric_${String(key)}`,
      value: Math.abs(Math.sin(at * 7 + key)),
      timestamp: EPOCH + at,
      step: 1,
    })),
    params: Array.from({ length: 20 }, (_, key) => ({
      key: `param_${String(key)}`,
      value: `${word(key)} ${String((at * (key + 1)) % 50)}`,
    })),
    tags: Array.from({ length: 5 }, (_, key) => ({ key: `tag_${String(key)}`, value: word(key + at) })),
  }
}

/** Searches in an experiment that `seedRuns` made. */
export function searches(experimentId: string): Scenario[] {
  const search = (name: string, body: Record<string, unknown>): Scenario => ({
    name,
    unit: 'req/s',
    per: 1,
    run: (sender, seconds) =>
      measure(1, seconds, async () => {
        const answer = await sender.send(
          'POST',
          'runs/search',
          JSON.stringify({ experiment_ids: [experimentId], ...body }),
        )
        return answer.status === 200 && answer.text.includes('"runs"')
      }),
  })
  return [
    search('search, newest 100', { max_results: 100 }),
    search('search, 100 by a metric', { max_results: 100, order_by: ['metrics.metric_3 DESC'] }),
    search('search, filter of three', {
      max_results: 100,
      filter: `metrics.metric_3 > 0.9 AND params.param_2 = 'trees 12' AND tags.tag_1 = 'boosted'`,
    }),
    search('search, page of 1,000', { max_results: 1000 }),
  ]
}

/** A run with a long history of one metric. @returns its id */
export async function seedHistory(sender: Sender, points: number): Promise<string> {
  const runId = await created(sender)
  for (let from = 0; from < points; from += 1000) {
    const metrics = Array.from({ length: Math.min(1000, points - from) }, (_, at) => ({
      key: 'long',
      value: Math.sin((from + at) / 50),
      timestamp: EPOCH + (from + at) * 250,
      step: from + at,
    }))
    const { status, text } = await sender.send('POST', 'runs/log-batch', JSON.stringify({ run_id: runId, metrics }))
    if (status !== 200) throw new Error(`Seeding failed: ${text.slice(0, 200)}`)
  }
  return runId
}

/** Reading a long history, and sending again what is there already. */
export function histories(runId: string, points: number): Scenario[] {
  const again = JSON.stringify({
    run_id: runId,
    metrics: Array.from({ length: 11 }, (_, at) => ({
      key: 'long',
      value: Math.sin(at / 50),
      timestamp: EPOCH + at * 250,
      step: at,
    })),
  })
  return [
    {
      name: `history of ${points.toLocaleString('en-GB')} points`,
      unit: 'req/s',
      per: 1,
      run: (sender, seconds) => measure(1, seconds, () => readHistory(sender, runId, points)),
    },
    {
      name: 'duplicate retry of 11 metrics',
      unit: 'req/s',
      per: 1,
      run: (sender, seconds) => measure(1, seconds, () => isOk(sender.send('POST', 'runs/log-batch', again))),
    },
  ]
}

async function readHistory(sender: Sender, runId: string, points: number): Promise<boolean> {
  let [read, token] = [0, '']
  for (let page = 0; page <= points / 25_000; page += 1) {
    const query = `run_id=${runId}&metric_key=long&max_results=25000${token === '' ? '' : `&page_token=${encodeURIComponent(token)}`}`
    const { status, text } = await sender.send('GET', `metrics/get-history?${query}`)
    if (status !== 200) return false
    read += text.split('"timestamp"').length - 1
    token = /"next_page_token":\s*"([^"]+)"/.exec(text.slice(-2000))?.[1] ?? ''
    if (token === '') break
  }
  return read === points
}
