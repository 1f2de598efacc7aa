import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect } from 'vitest'
import { describeDataset, importDataset, moveDataset } from '#app/commands/datasets.ts'
import { addDeliverable, submitDeliverable } from '#app/commands/deliverables.ts'
import { DatasetForm, DatasetTermsForm } from '#app/domain/dataset.ts'
import { found } from '#app/domain/errors.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { eraseDataset } from '#workers/tasks/erase-dataset.ts'
import { storing } from '#test/support/blobs.ts'
import { query, test as base } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aFirm, anEngagement, as, aSignedCriterion, openPools, ORIGIN } from '#test/support/factories.ts'

const test = base.extend<{ pools: Pools; fixture: EngagementFixture; blobs: Blobs }>({
  pools: async ({ database }, use) => {
    const pools = openPools(database)
    await use(pools)
    await pools.close()
  },
  fixture: async ({ pools }, use) => {
    const { lead } = await aFirm(pools)
    await use(await anEngagement(pools, lead))
  },
  // The empty pattern is how Vitest learns that the fixture needs no other.
  // eslint-disable-next-line no-empty-pattern
  blobs: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    await use(diskBlobs(folder))
    await rm(folder, { recursive: true, force: true })
  },
})

const CSV = 'a,b\n1,2\n'

function aDataset(pools: Pools, fixture: EngagementFixture, blobs: Blobs, name = 'people') {
  const { engagementId } = fixture
  const form = DatasetForm.parse({ name, description: '', sourceNote: 'them', licence: 'theirs' })
  const profile = { rows: 1, columns: ['a', 'b'], positives: null }
  return storing(blobs, engagementId, CSV, async (blob) => ({
    id: await importDataset(as(pools, fixture.lead), { engagementId, form, blob, profile }),
    stored: blob,
  }))
}

const read = (pools: Pools, fixture: EngagementFixture, id: Awaited<ReturnType<typeof aDataset>>['id']) =>
  pools.web.as({ personId: fixture.lead.personId }, (tx) => getDatasetVersion(tx, fixture.engagementId, id))

/** Run the erasure that was put on the queue, as the worker does. */
async function erase(pools: Pools, blobs: Blobs, url: string) {
  const tasks = await query(
    url,
    (sql) =>
      sql`select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'erase_dataset'`,
  )
  for (const { payload } of tasks) {
    // Of the shell the task uses these two.
    const shell = { database: pools.worker, blobs } as unknown as Parameters<typeof eraseDataset>[1]
    await eraseDataset(payload, shell)
    await eraseDataset(payload, shell)
  }
  return tasks.length
}

describe('a dataset version', () => {
  test('keeps its terms', async ({ pools, fixture, blobs }) => {
    const { id } = await aDataset(pools, fixture, blobs)
    const terms = DatasetTermsForm.parse({
      legalBasis: 'contract',
      purposes: 'triage\n\nresearch ',
      residency: 'EU',
      retainUntil: '2027-01-31',
    })
    await describeDataset(as(pools, fixture.lead), { engagementId: fixture.engagementId, id, terms })
    expect(await read(pools, fixture, id)).toMatchObject({
      legalBasis: 'contract',
      purposes: ['triage', 'research'],
      residency: 'EU',
      retainUntil: '2027-01-31',
    })
    await expect(
      describeDataset(as(pools, fixture.client), { engagementId: fixture.engagementId, id, terms }),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  test('that is erased loses its bytes and keeps its tombstone; the same bytes do not come back', async ({
    pools,
    fixture,
    blobs,
    database,
  }) => {
    const { id, stored } = await aDataset(pools, fixture, blobs)
    const { engagementId } = fixture
    await moveDataset(as(pools, fixture.lead), { engagementId, id, to: 'erased', reason: 'The client asked.' })
    expect(await read(pools, fixture, id)).toMatchObject({ state: 'erased', sha256: stored.sha256 })
    expect(await erase(pools, blobs, database.ownerUrl)).toBe(1)
    await expect(blobs.read(engagementId, stored.sha256)).rejects.toMatchObject({ code: 'not_found' })
    expect(await read(pools, fixture, id)).toMatchObject({
      state: 'erased',
      stateReason: 'The client asked.',
      sha256: null,
      digest: stored.sha256.slice(0, 32),
    })

    await expect(aDataset(pools, fixture, blobs)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('erased'),
    })
    await expect(blobs.read(engagementId, stored.sha256)).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      moveDataset(as(pools, fixture.lead), { engagementId, id, to: 'available', reason: 'x' }),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  test('shares bytes: a deliverable that is the same file keeps them', async ({ pools, fixture, blobs, database }) => {
    const { id, stored } = await aDataset(pools, fixture, blobs)
    const { engagementId, lead } = fixture
    await addDeliverable(as(pools, lead), { engagementId, title: 'The data, cleaned', due: null })
    const [deliverable] = await pools.web.as({ personId: lead.personId }, (tx) => listDeliverables(tx, engagementId))
    const about = { engagementId, deliverableId: found(deliverable).id, note: '', origin: ORIGIN }
    await storing(blobs, engagementId, CSV, (blob) =>
      submitDeliverable(as(pools, lead), { ...about, file: { name: 'people.csv', blob } }),
    )
    await moveDataset(as(pools, lead), { engagementId, id, to: 'erased', reason: 'Gone.' })
    await erase(pools, blobs, database.ownerUrl)
    expect((await blobs.read(engagementId, stored.sha256)).length).toBeGreaterThan(0)
    expect((await read(pools, fixture, id)).sha256).toBeNull()
  })

  test('shares bytes: another version that may be used keeps them', async ({ pools, fixture, blobs, database }) => {
    const { id, stored } = await aDataset(pools, fixture, blobs)
    await aDataset(pools, fixture, blobs, 'copy')
    await moveDataset(as(pools, fixture.lead), {
      engagementId: fixture.engagementId,
      id,
      to: 'erased',
      reason: 'Gone.',
    })
    await erase(pools, blobs, database.ownerUrl)
    expect((await blobs.read(fixture.engagementId, stored.sha256)).length).toBeGreaterThan(0)
    expect((await read(pools, fixture, id)).sha256).toBeNull()
  })

  test('that is withdrawn names what rests on it, and is judged again', async ({ pools, fixture, database }) => {
    await aSignedCriterion(pools, fixture)
    const { engagementId, datasetVersionId } = fixture
    const { dependants } = await moveDataset(as(pools, fixture.lead), {
      engagementId,
      id: datasetVersionId,
      to: 'withdrawn',
      reason: 'No consent.',
    })
    expect(dependants).toMatchObject([{ kind: 'criterion', name: 'C1 v1', how: 'agreed' }])
    const [task] = await query(
      database.ownerUrl,
      (sql) =>
        sql`select count(*)::int as count from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'judge_engagement'`,
    )
    expect(task?.count).toBeGreaterThan(0)
    await expect(
      moveDataset(as(pools, fixture.client), { engagementId, id: datasetVersionId, to: 'erased', reason: 'x' }),
    ).rejects.toMatchObject({ code: 'refused' })
  })
})
