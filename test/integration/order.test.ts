import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { beginJob } from '#app/commands/job-execution.ts'
import { found } from '#app/domain/errors.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import type { Database } from '#db/types.ts'
import { test } from '#test/support/engagement.ts'
import { NOW } from '#test/support/factories.ts'
import { aStoredDataset, aTraining } from '#test/support/jobs.ts'
import { orderOf } from '#workers/jobs/order.ts'

test('the order of a training is found in one transaction, whatever it needs, with each dataset in its role', async ({
  pools,
  fixture,
}) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
  try {
    const blobs = diskBlobs(folder)
    const data = {
      train: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-train'),
      test: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-holdout'),
    }
    await aTraining(pools, fixture, data)
    const at = { workerId: 'w', executor: 'cage', environment: 'python, here', interpreter: 'python', now: NOW }
    const { lease } = found(await beginJob(pools.worker, at))
    let transactions = 0
    const database: Database = {
      ...pools.worker,
      as: (scope, work) => ((transactions += 1), pools.worker.as(scope, work)),
    }
    const order = await orderOf({ database, blobs }, lease, 'python')
    expect(transactions).toBe(1)
    const text = (name: string) => Buffer.from(found(order.files.find((file) => file.path === name)).bytes).toString()
    const { datasets } = JSON.parse(text('/job/job.json')) as {
      datasets: { role: string; name: string; path: string }[]
    } // what the program reads
    expect(datasets.map(({ role, name }) => `${role}: ${name}`)).toEqual(['train: birdstrikes-train', 'test: birdstrikes-holdout']) // prettier-ignore
    const rows = datasets.map((dataset) => text(dataset.path).trimEnd().split('\n').length)
    expect(new Set(rows).size).toBe(2)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
