/**
 * `npm run bench:tracking`: how fast the tracking API is on this machine, with tokens, row-level security, validation and
 * durable commits. Options: `--peer URL [--peer-token TOKEN]` runs the same load on another server that speaks MLflow's
 * protocol, turn by turn, and prints the ratios; `--runs N` for the searches, `--seconds S` for each measurement. `--guard`
 * measures the writes only, against the fixed server of `baseline.ts`, and fails where the ratio to it fell.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import { toRunId } from '#app/domain/ids.ts'
import { compactMetrics } from '#db/queries/metric-compaction.ts'
import { openPlainSql } from '#test/support/plain-sql.ts'
import { startBaseline } from './baseline.ts'
import type { Measured, Sender, Target } from './load.ts'
import { measure, senderTo } from './load.ts'
import { startPortal } from './portal.ts'
import type { Scenario } from './scenarios.ts'
import { histories, searches, seedHistory, seedRuns, WRITES } from './scenarios.ts'

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
  ours: Measured,
  peer: Measured | null,
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
  const peerTarget =
    values.peer === undefined ? null : { name: 'peer', url: values.peer, token: values['peer-token'] ?? null }
  const peer: Side | null = peerTarget && { target: peerTarget, sender: senderTo(peerTarget) }
  try {
    say('', 'rate', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'unit', 'plain SQL', peer ? 'peer, ratio' : '')
    for (const scenario of WRITES) {
      const limit = scenario.name.startsWith('log-')
        ? await measure(4, seconds / 2, async (client, turn) => {
            await plain.insert(scenario.per, client * 1_000_000 + turn)
            return true
          })
        : null
      row(scenario, await scenario.run(ours.sender, seconds), peer && (await scenario.run(peer.sender, seconds)), limit)
    }
    const hot = (await plain.bytesOf(['metric_log', 'latest_metrics'])) / (await plain.points()).hot

    const experiments = await Promise.all([ours, peer].map((side) => side && seedRuns(side.sender, runs)))
    process.stdout.write(`searches among ${number(runs)} runs, one client\n`)
    const [mine, theirs] = experiments.map((id) => searches(id ?? ''))
    for (const [at, scenario] of (mine ?? []).entries())
      row(
        scenario,
        await scenario.run(ours.sender, seconds),
        peer && ((await theirs?.[at]?.run(peer.sender, seconds)) ?? null),
        null,
      )

    const runIds = await Promise.all([ours, peer].map((side) => side && seedHistory(side.sender, HISTORY_POINTS)))
    const long = runIds.map((id) => histories(id ?? '', HISTORY_POINTS))
    for (const [at, scenario] of (long[0] ?? []).entries())
      row(
        scenario,
        await scenario.run(ours.sender, seconds),
        peer && ((await long[1]?.[at]?.run(peer.sender, seconds)) ?? null),
        null,
      )

    const runId = toRunId(runIds[0] ?? '')
    for (let hasMore = true; hasMore;) hasMore = await portal.worker.as({}, (tx) => compactMetrics(tx, runId))
    const compacted = (await plain.bytesOf(['metric_chunks'])) / (await plain.points()).compacted
    const [again] = histories(runId, HISTORY_POINTS)
    if (again) row({ ...again, name: `${again.name}, compacted` }, await again.run(ours.sender, seconds), null, null)
    process.stdout.write(`bytes per point: ${number(hot)} as logged, ${number(compacted)} compacted\n`)
    process.stdout.write(`load average after: ${load()}; errors: ${String(errors)}\n`)
    process.exitCode = errors === 0 ? 0 : 1
  } finally {
    ours.sender.close()
    peer?.sender.close()
    await plain.close()
    await portal.stop()
  }
}

/** The lowest ratios to the baseline that are not a regression, set by hand well below what was measured. */
const RATIOS_MIN: Readonly<Record<string, number>> = {
  'log-batch 10×100, 1 clients': 20,
  'log-batch 10×100, 4 clients': 20,
  'log-batch 1000×1, 4 clients': 4,
}

/** Ratios, not times: both run in the same minute on the same machine, whatever else it does. */
async function guard(): Promise<void> {
  const portal = await startPortal()
  const baseline = await startBaseline(portal.ownerUrl)
  const [mine, fixed] = [senderTo(portal.target), senderTo(baseline.target)]
  try {
    for (const scenario of WRITES.filter(({ name }) => Object.hasOwn(RATIOS_MIN, name))) {
      const [ours, theirs] = [await scenario.run(mine, seconds), await scenario.run(fixed, seconds)]
      const ratio = ours.perSecond / theirs.perSecond
      const least = RATIOS_MIN[scenario.name] ?? 0
      const isRight = ratio >= least && ours.errors === 0 && theirs.errors === 0
      process.stdout.write(
        `${isRight ? 'ok  ' : 'slow'} ${scenario.name}: ${number(ratio)}× the baseline, at least ${number(least)}×\n`,
      )
      if (!isRight) process.exitCode = 1
    }
  } finally {
    mine.close()
    fixed.close()
    await baseline.close()
    await portal.stop()
  }
}

await (values.guard ? guard() : main())
