/**
 * `npm run bench:tracking`: how fast the tracking API is on this machine, with tokens, row-level security, validation and
 * durable commits. Options: `--peer URL [--peer-token TOKEN]` runs the same load on another server that speaks MLflow's
 * protocol, turn by turn, and prints the ratios; `--peer self` does so on a second instance of ours, where a ratio of 1 says
 * that the bench is fair; `--runs N` for the searches, `--seconds S` for each measurement. `--guard` measures the writes
 * only, against the fixed server of `baseline.ts`, and fails where the ratio to it fell.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import { toRunId } from '#app/domain/ids.ts'
import { compactMetrics } from '#db/queries/metric-compaction.ts'
import { openPlainSql } from '#test/support/plain-sql.ts'
import { guardRatios } from './guard.ts'
import type { Measured, Sender, Target } from './load.ts'
import { measure, senderTo, together } from './load.ts'
import { startPortal } from './portal.ts'
import type { Scenario } from './scenarios.ts'
import { histories, searches, seedHistory, seedRuns, WRITES } from './scenarios.ts'
import { measureUploads } from './uploads.ts'

const HISTORY_POINTS = 100_000
const COLUMNS = [34, 12, 9, 9, 9, 8, 14, 9] as const

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    'peer-token': { type: 'string' },
    runs: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '4' },
    guard: { type: 'boolean', default: false },
  },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
// Among fewer the search for three things finds nothing.
if (!(runs >= 2000)) throw new Error('--runs must be at least 2000.')
if (!(seconds > 0)) throw new Error('--seconds must be a number above 0.')

interface Side {
  readonly target: Target
  readonly sender: Sender
}

function say(...cells: readonly string[]): void {
  const line = cells
    .map((cell, at) => (at === 0 ? cell.padEnd(COLUMNS[at]) : cell.padStart(COLUMNS[at] ?? 10)))
    .join(' ')
  process.stdout.write(`${line}\n`)
}

const number = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: value < 100 ? 1 : 0 })

let errors = 0

function row(
  scenario: Pick<Scenario, 'name' | 'unit' | 'per'>,
  [ours, peer]: readonly [Measured, Measured | null],
  limit: Measured | null,
) {
  errors += ours.errors
  say(
    scenario.name,
    `${number(ours.perSecond * scenario.per)}`,
    number(ours.p50),
    number(ours.p95),
    number(ours.p99),
    String(ours.errors),
    scenario.unit,
    limit ? number(limit.perSecond * scenario.per) : '',
    peer ? `${number(peer.perSecond * scenario.per)} ${number(ours.perSecond / peer.perSecond)}×` : '',
  )
}

/**
 * One scenario on us and, in turns, on the peer: us, the peer, the peer, us, so that neither has the better half of what
 * else the machine does.
 */
async function inTurns(ours: () => Promise<Measured>, peer: (() => Promise<Measured>) | null) {
  if (peer === null) return [await ours(), null] as const
  const first = await ours()
  const theirs = together(await peer(), await peer())
  return [together(first, await ours()), theirs] as const
}

async function main(): Promise<void> {
  const load = () =>
    os
      .loadavg()
      .map((value) => value.toFixed(1))
      .join(' ')
  process.stdout.write(`load average before: ${load()} on ${String(os.availableParallelism())} cores\n`)
  const portal = await startPortal()
  const plain = await openPlainSql(portal.ownerUrl)
  const ours: Side = { target: portal.target, sender: senderTo(portal.target) }
  const second = values.peer === 'self' ? await startPortal() : null
  const peerTarget =
    second?.target ??
    (values.peer === undefined ? null : { name: 'peer', url: values.peer, token: values['peer-token'] ?? null })
  if (second) process.stdout.write('the peer is a second instance of this server\n')
  const peer: Side | null = peerTarget && { target: peerTarget, sender: senderTo(peerTarget) }
  const turnSeconds = peer ? seconds / 2 : seconds
  const compared = async (mine: readonly Scenario[], theirs: readonly Scenario[]) => {
    for (const [at, scenario] of mine.entries()) {
      const other = theirs[at]
      const both = await inTurns(
        () => scenario.run(ours.sender, turnSeconds),
        peer && other ? () => other.run(peer.sender, turnSeconds) : null,
      )
      row(scenario, both, null)
    }
  }
  try {
    say('', 'rate', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'unit', 'plain SQL', peer ? 'peer, ratio' : '')
    for (const scenario of WRITES) {
      const limit = scenario.name.startsWith('log-')
        ? await measure(4, seconds / 2, async (client, turn) => {
            await plain.insert(scenario.per, client * 1_000_000 + turn)
            return true
          })
        : null
      const both = await inTurns(
        () => scenario.run(ours.sender, turnSeconds),
        peer && (() => scenario.run(peer.sender, turnSeconds)),
      )
      row(scenario, both, limit)
    }
    const hot = (await plain.bytesOf(['metric_log', 'latest_metrics'])) / (await plain.points()).hot

    const experiments = await Promise.all([ours, peer].map((side) => side && seedRuns(side.sender, runs)))
    process.stdout.write(`searches among ${number(runs)} runs, one client\n`)
    const [mine, theirs] = experiments.map((id) => searches(id ?? ''))
    await compared(mine ?? [], theirs ?? [])

    const runIds = await Promise.all([ours, peer].map((side) => side && seedHistory(side.sender, HISTORY_POINTS)))
    const long = runIds.map((id) => histories(id ?? '', HISTORY_POINTS))
    await compared(long[0] ?? [], long[1] ?? [])

    const runId = toRunId(runIds[0] ?? '')
    for (let hasMore = true; hasMore;) hasMore = await portal.worker.as({}, (tx) => compactMetrics(tx, runId))
    const compacted = (await plain.bytesOf(['metric_chunks'])) / (await plain.points()).compacted
    const [again] = histories(runId, HISTORY_POINTS)
    if (again) row({ ...again, name: `${again.name}, compacted` }, [await again.run(ours.sender, seconds), null], null)
    const uploads = await measureUploads(ours.sender, peer?.sender ?? null)
    errors += uploads.errors
    const { copied, ours: sent, peer: peerSent } = uploads
    process.stdout.write(
      `artifacts of 64 MiB, 8 at once: ${number(sent)} MiB/s, ${number((100 * sent) / copied)} % of copying them to files (${number(copied)} MiB/s)${peerSent === null ? '' : `; peer ${number(peerSent)} MiB/s ${number(sent / peerSent)}×`}\n`,
    )
    process.stdout.write(`bytes per point: ${number(hot)} as logged, ${number(compacted)} compacted\n`)
    process.stdout.write(`load average after: ${load()}; errors: ${String(errors)}\n`)
    process.exitCode = errors === 0 ? 0 : 1
  } finally {
    ours.sender.close()
    peer?.sender.close()
    await plain.close()
    await portal.stop()
    await second?.stop()
  }
}

/** Fails where we fell behind the fixed server. */
async function guard(): Promise<void> {
  for (const { name, ratio, least, errors: failed } of await guardRatios({ seconds, rounds: 3 })) {
    const isRight = ratio >= least && failed === 0
    process.stdout.write(
      `${isRight ? 'ok  ' : 'slow'} ${name}: ${number(ratio)}× the baseline, at least ${number(least)}×\n`,
    )
    if (!isRight) process.exitCode = 1
  }
}

await (values.guard ? guard() : main())
