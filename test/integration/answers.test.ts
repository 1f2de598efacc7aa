import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect } from 'vitest'
import { cancelBatch, recordTruth, requestBatch } from '#app/commands/prediction-batches.ts'
import { signatureOf } from '#app/commands/signatures.ts'
import type { BatchId } from '#app/domain/ids.ts'
import { isBatchEnded } from '#app/domain/prediction-batch.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { blobPlace } from '#db/blobs.server.ts'
import { storeCsv } from '#db/csv-import.server.ts'
import { countLabels } from '#db/queries/monitoring.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { getBatch, listTruths } from '#db/queries/prediction-batches.ts'
import { query } from '../support/database.ts'
import type { Stage } from '../support/deployments.ts'
import { aTrainedRun, aVersion, deployed, STRIKE, test } from '../support/deployments.ts'
import { anEngagement, as } from '../support/factories.ts'
import { eventually } from '../support/processes.ts'

const NAMES = Object.keys(STRIKE)
const lineOf = (speed: string) => Object.values({ ...STRIKE, speed_knots: speed }).join(',')

async function aLiveEndpoint(stage: Stage) {
  const worker = stage.portal.startWorker()
  const runId = await aTrainedRun(stage)
  const version = await aVersion(stage, runId)
  return { worker, runId, version, live: await deployed(stage, version) }
}

/** Send a file as its client's signer. */
async function send(
  stage: Stage,
  at: Awaited<ReturnType<typeof aLiveEndpoint>>,
  text: string,
  who = stage.fixture.client,
) {
  const { pools, fixture, portal } = stage
  const { engagementId } = fixture
  const blobs = diskBlobs(portal.dataDir)
  const ctx = as(pools, who, new Date())
  const version = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    getModelVersion(tx, engagementId, at.version),
  )
  const signature = await signatureOf(blobs, engagementId, version)
  if (!signature) throw new Error('The model does not say what it takes')
  return storeCsv(
    blobs,
    Readable.from([Buffer.from(text)]),
    { engagementId, target: '', bytesMax: 10_000_000 },
    (read) =>
      requestBatch(ctx, { engagementId, endpointId: at.live.endpointId, fileName: 'night.csv', signature, ...read }),
  )
}

const batchOf = ({ pools, fixture }: Stage, at: Awaited<ReturnType<typeof aLiveEndpoint>>, id: BatchId) =>
  pools.web.as({ personId: fixture.lead.personId }, (tx) => getBatch(tx, at.live.endpointId, id))

describe('a file of rows', { timeout: 180_000 }, () => {
  test('is answered row by row, says beside a row what is wrong with it, and takes the truth later', async ({
    stage,
  }) => {
    const { pools, fixture, portal } = stage
    const { engagementId } = fixture
    const at = await aLiveEndpoint(stage)
    const { endpointId } = at.live
    await expect(send(stage, at, 'a,b\n1,2\n')).rejects.toMatchObject({
      code: 'invalid',
      fields: { file: /no column/ },
    })
    const other = await anEngagement(pools, fixture.lead, 'Other Mills')
    await expect(send(stage, at, `${NAMES.join(',')}\n${lineOf('120')}\n`, other.client)).rejects.toMatchObject({
      code: 'not_found',
    })

    const speeds = Array.from({ length: 2500 }, (_, index) => (index === 1 ? 'fast' : String(90 + (index % 100))))
    const id = await send(
      stage,
      at,
      `note,${NAMES.join(',')}\n${speeds.map((speed) => `=x,${lineOf(speed)}`).join('\n')}\n`,
    )
    const batch = await eventually(
      async () => {
        const found = await batchOf(stage, at, id)
        return isBatchEnded(found.state) ? found : null
      },
      60,
      'the file is answered',
    )
    expect(batch).toMatchObject({ state: 'succeeded', rows: 2500, rowsDone: 2500, rowsRefused: 1, reason: '' })
    const place = blobPlace(engagementId, batch.outputSha256 ?? '')
    const lines = readFileSync(`${portal.dataDir}/${place}`, 'utf8').trimEnd().split('\r\n')
    expect(lines[0]).toBe(`note,${NAMES.join(',')},answer,problem`)
    expect(lines).toHaveLength(2501)
    expect(lines[2]).toMatch(/^'=x,.*,,speed_knots: This is not a number\.$/)
    const answers = lines.slice(1).map((line) => Number(line.split(',').at(-2)))
    const kept = await pools.worker.as({}, (tx) =>
      tx.execute<{ row: number; score: number }>(
        `select "row", score from predictions where request_id = '${id}' order by "row"`,
      ),
    )
    expect(kept).toHaveLength(2499)
    expect(kept.map(({ row }) => row)).not.toContain(1)
    for (const { row, score } of kept) expect(answers[row]).toBeCloseTo(score, 12)
    expect(new Set(answers).size).toBeGreaterThan(50)

    const tell = (row: number, value: number) =>
      recordTruth(as(pools, fixture.client, new Date()), { engagementId, endpointId, requestId: id, row, value })
    await tell(2, 1)
    await tell(2, 0)
    await expect(tell(1, 1)).rejects.toMatchObject({ code: 'refused' })
    const truths = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
      listTruths(tx, id, { from: 0, count: 50 }),
    )
    expect([...truths]).toEqual([[2, { label: 0, labelledBy: fixture.client.name }]])
    const counted = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
      countLabels(tx, endpointId, at.version, new Date(0)),
    )
    expect(counted).toEqual({ served: 2499, labelled: 1 })

    // Rows that together are more than the model takes at once end the file at once, and say so.
    const long = Object.values({ ...STRIKE, operator: 'x'.repeat(9500) }).join(',')
    const tooLong = Array.from({ length: 950 }, () => long)
    const refused = await send(stage, at, `${NAMES.join(',')}\n${tooLong.join('\n')}\n`)
    const ended = await eventually(
      async () => {
        const found = await batchOf(stage, at, refused)
        return isBatchEnded(found.state) ? found : null
      },
      30,
      'the file is refused',
    )
    expect(ended).toMatchObject({ state: 'failed', reason: expect.stringMatching(/does not take these rows/) })
  })

  test('is answered by the revision that was asked although another one takes its place and both its worker and the model server are killed, and not once it is cancelled', async ({
    stage,
    database,
  }) => {
    const { pools, fixture, portal } = stage
    const { engagementId } = fixture
    const at = await aLiveEndpoint(stage)
    const { endpointId } = at.live
    const rows = (count: number) =>
      `${NAMES.join(',')}\n${Array.from({ length: count }, (_, index) => lineOf(String(index % 300))).join('\n')}\n`
    const id = await send(stage, at, rows(12_000))
    await eventually(async () => ((await batchOf(stage, at, id)).rowsDone > 0 ? true : null), 30, 'rows are answered')
    const cancelled = await send(stage, at, rows(12_000))
    await cancelBatch(as(pools, fixture.lead, new Date()), { engagementId, endpointId, batchId: cancelled })
    await expect(
      cancelBatch(as(pools, fixture.lead, new Date()), { engagementId, endpointId, batchId: cancelled }),
    ).rejects.toMatchObject({ code: 'refused' })
    at.worker.child.kill('SIGKILL')
    const worker = portal.startWorker()
    // While the file waits for another worker, the next revision goes live, and the time to drain the one before runs out.
    const next = await deployed(stage, await aVersion(stage, at.runId))
    expect(next).toMatchObject({ state: 'live', revision: 2 })
    await query(
      database.ownerUrl,
      (sql) =>
        sql`update deployments set live_from = live_from - interval '1 hour', live_until = live_until - interval '1 hour' where id = ${at.live.id}`,
    )
    portal.servingProcess().child.kill('SIGKILL')
    await portal.servingProcess().ended
    rmSync(path.join(portal.dataDir, 'serving'), { recursive: true })
    // What is asked for while the model server is away waits for it.
    const last = deployed(stage, await aVersion(stage, at.runId))
    await portal.startServing()
    expect(await last).toMatchObject({ state: 'live', revision: 3 })
    expect(worker.said()).not.toMatch(/deploy_model failed/)
    const batch = await eventually(
      async () => {
        const found = await batchOf(stage, at, id)
        return isBatchEnded(found.state) ? found : null
      },
      90,
      'another worker answers it',
    )
    expect(batch).toMatchObject({ state: 'succeeded', rowsDone: 12_000, rowsRefused: 0, revision: 1, reason: '' })
    // Nobody needs it any more.
    const manifest = path.join(portal.dataDir, 'serving', `${at.live.id}.json`)
    await eventually(() => Promise.resolve(existsSync(manifest) ? null : true), 20, 'the revision before is taken away')
    expect(await batchOf(stage, at, cancelled)).toMatchObject({ state: 'cancelled', outputSha256: null })
  })
})
