import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { importDataset } from '#app/commands/datasets.ts'
import { approveRetraining, requestRetraining } from '#app/commands/retrainings.ts'
import { DatasetForm } from '#app/domain/dataset.ts'
import { found } from '#app/domain/errors.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { storeCsv } from '#db/csv-import.server.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { compareWithLive } from '#db/queries/retraining-comparison.ts'
import { getRetraining, listRetrainingMoves } from '#db/queries/retrainings.ts'
import { query } from '#test/support/database.ts'
import { aTrainedRun, aVersion, deployed, test } from '#test/support/deployments.ts'
import { as } from '#test/support/factories.ts'
import { eventually } from '#test/support/processes.ts'

/** A job is tried three times; with one more it would truthfully be lost. */
const KILLS = 2

test('a retraining whose workers are killed again and again goes on, trains once that counts, and ends as it is', async ({
  stage,
  database,
}) => {
  const { portal, pools, fixture } = stage
  const { engagementId, lead } = fixture
  let worker = portal.startWorker()
  await worker.hear(/ready/)
  const { endpointId } = await deployed(stage, await aVersion(stage, await aTrainedRun(stage)))
  const known = demoDatasets().find(({ name }) => name === 'birdstrikes-train')
  const lines = new TextDecoder().decode(found(known).csv).trimEnd().split('\n')
  async function* fresh() {
    yield await Promise.resolve(Buffer.from(`${[...lines, lines[1]].join('\n')}\n`))
  }
  const form = DatasetForm.parse({ name: 'birdstrikes-train', description: '', sourceNote: 'a test', licence: 'CC0' })
  await storeCsv(diskBlobs(portal.dataDir), fresh(), { engagementId, target: '', bytesMax: 10_000_000 }, (read) =>
    importDataset(as(pools, lead, new Date()), { engagementId, form, ...read }),
  )
  const id = await requestRetraining(as(pools, lead, new Date()), { engagementId, endpointId })
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(300 + 700 * Math.random())
    worker.child.kill('SIGKILL')
    await worker.ended
    worker = portal.startWorker()
    await worker.hear(/ready/)
  }
  const read = () => pools.web.as({ personId: lead.personId }, (tx) => getRetraining(tx, engagementId, id))
  const until = (state: string) =>
    eventually(
      async () => {
        const now = await read()
        if (now.endedAt !== null && now.state !== state) throw new Error(`It ${now.state}: ${now.reason}`)
        return now.state === state ? now : null
      },
      120,
      `the retraining is ${state}`,
    )
  const { baseVersionId: live, candidateVersionId } = await until('awaiting_approval')
  const versions = { live, candidate: found(candidateVersionId) }
  const { hash } = await pools.web.as({ personId: lead.personId }, (tx) => compareWithLive(tx, engagementId, versions))
  await approveRetraining(as(pools, lead, new Date()), {
    ...{ engagementId, retrainingId: id, shown: hash, rationale: 'A test.' },
  })
  worker.child.kill('SIGKILL')
  await worker.ended
  await portal.startWorker().hear(/ready/)
  await until('done')
  const moves = await pools.web.as({ personId: lead.personId }, (tx) => listRetrainingMoves(tx, id))
  expect(moves.map(({ state }) => state)).toEqual([
    ...['checking', 'training', 'judging', 'awaiting_approval', 'deploying', 'done'],
  ])
  const counted = await query(
    database.ownerUrl,
    (sql) => sql`select (select count(*)::int from model_versions) as versions,
      (select count(*)::int from jobs where idempotency_key = ${`retraining:${id}`}) as jobs,
      (select count(*)::int from deployments where state = 'live') as live`,
  )
  expect(counted[0]).toEqual({ versions: 2, jobs: 1, live: 1 })
}, 240_000)
