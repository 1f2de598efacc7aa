import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect } from 'vitest'
import { moveEngagement } from '#app/commands/engagements.ts'
import { recordLabels } from '#app/commands/monitoring.ts'
import { cancelBatch, recordTruth, requestBatch } from '#app/commands/prediction-batches.ts'
import { SERVED_FILES } from '#app/commands/models.ts'
import type { BatchId, EndpointId } from '#app/domain/ids.ts'
import { PlainSignature } from '#app/domain/openapi.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { newId } from '#db/new-id.ts'
import { getBatch } from '#db/queries/prediction-batches.ts'
import { listHeld } from '#db/queries/storage.ts'
import { storing } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test as base } from '#test/support/engagement.ts'
import { as, NOW } from '#test/support/factories.ts'
import { answerBatch } from '#workers/tasks/answer-batch.ts'

/** The eighth and last time at which the queue tries a task that fails at once: the seven pauses are e, e², … e⁷ seconds. */
const LAST_TRY_SECONDS = [1, 2, 3, 4, 5, 6, 7].reduce((sum, pause) => sum + Math.exp(pause), 0)
const SIGNATURE = PlainSignature.parse({
  inputs: [{ name: 'speed', type: 'double' }],
  outputs: [{ name: 'score', type: 'double' }],
})

interface Batch {
  readonly id: BatchId
  readonly endpointId: EndpointId
  /** Send the same file once more. */
  again(): Promise<BatchId>
  cancel(id: BatchId): Promise<void>
  /** Let a worker try it, so many seconds after it was asked for, while no serving process answers. */
  tryAfter(seconds: number): Promise<void>
  take(state: 'retired' | 'rolled_back'): Promise<void>
  state(): Promise<{ readonly state: string; readonly reason: string }>
}

const test = base.extend<{ batch: Batch }>({
  batch: async ({ pools, fixture, database }, use) => {
    const { engagementId, lead } = fixture
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    const blobs = diskBlobs(dataDir)
    const signature = await storing(blobs, engagementId, JSON.stringify(SIGNATURE), async (blob) => {
      await blob.publish()
      return blob.sha256
    })
    const [model, version, endpointId, deployment] = [newId(), newId(), newId<EndpointId>(), newId()]
    const files = JSON.stringify({ [SERVED_FILES.signature]: signature })
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${model}, ${engagementId}, 'triage', now(), now())`
      await sql`insert into model_versions (id, engagement_id, model_id, version, state, source, files, created_at, updated_at)
        values (${version}, ${engagementId}, ${model}, 1, 'ready', 'x', ${files}::text::jsonb, now(), now())`
      await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at) values (${endpointId}, ${engagementId}, ${model}, 'triage', now())`
      await sql`insert into deployments (id, engagement_id, endpoint_id, model_version_id, revision, state, gate, requested_by, requested_at)
        values (${deployment}, ${engagementId}, ${endpointId}, ${version}, 1, 'live', '[]', ${lead.personId}, now())`
    })
    const profile = { columns: ['speed'], rows: 1, positives: null }
    const send = () =>
      storing(blobs, engagementId, 'speed\n120\n', (blob) =>
        requestBatch(as(pools, lead), {
          ...{ engagementId, endpointId, fileName: 'night.csv', signature: SIGNATURE, blob, profile },
        }),
      )
    const id = await send()
    // Of the shell the task uses these; port 9 answers nobody.
    const shellAt = (now: Date) =>
      ({
        database: pools.worker,
        blobs,
        config: { serving: { url: 'http://127.0.0.1:9', secret: 'x'.repeat(16) } },
        signal: new AbortController().signal,
        now: () => now,
      }) as unknown as Parameters<typeof answerBatch>[1]
    await use({
      endpointId,
      id,
      again: send,
      cancel: (batchId) => cancelBatch(as(pools, lead), { engagementId, endpointId, batchId }),
      tryAfter: (seconds) => answerBatch({ batchId: id }, shellAt(new Date(NOW.getTime() + seconds * 1000))),
      take: async (state) => {
        await query(database.ownerUrl, (sql) => sql`update deployments set state = ${state} where id = ${deployment}`)
      },
      state: () => pools.web.as({ personId: lead.personId }, (tx) => getBatch(tx, endpointId, id)),
    })
    await rm(dataDir, { recursive: true, force: true })
  },
})

describe('a file of rows whose model does not answer', () => {
  test('is tried again, and has ended when the queue has tried for the last time', async ({ batch }) => {
    await expect(batch.tryAfter(0)).rejects.toThrow()
    expect(await batch.state()).toMatchObject({ state: 'running' })
    await batch.tryAfter(LAST_TRY_SECONDS)
    expect(await batch.state()).toMatchObject({ state: 'failed', reason: expect.stringMatching(/did not answer/) })
  })

  test.for(['retired', 'rolled_back'] as const)(
    'is not tried again when its revision is %s',
    async (state, { batch }) => {
      await batch.take(state)
      await batch.tryAfter(0)
      expect(await batch.state()).toMatchObject({ state: 'failed', reason: expect.stringMatching(/was taken down/) })
    },
  )
})

test('an engagement has two files answered at once, however many are sent together', async ({ batch }) => {
  const sent = await Promise.allSettled([batch.again(), batch.again(), batch.again()])
  expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  await expect(batch.again()).rejects.toMatchObject({ code: 'refused', message: /2 files .* cancel one/ })
  await batch.cancel(batch.id)
  await batch.again()
})

test('an engagement that has ended takes no file and no truth any more', async ({ batch, pools, fixture }) => {
  const { engagementId, lead } = fixture
  const truth = { requestId: newId(), row: 0, label: 1 }
  const say = () => recordLabels(as(pools, lead), { slug: 'triage', labels: [truth] })
  expect(await say()).toBe(0)
  await moveEngagement(as(pools, lead), { engagementId, to: 'cancelled' })
  const refused = { code: 'refused', message: /not changed/ }
  await expect(batch.again()).rejects.toMatchObject(refused)
  await expect(say()).rejects.toMatchObject(refused)
  const one = { engagementId, endpointId: batch.endpointId, requestId: truth.requestId, row: 0, value: 1 }
  await expect(recordTruth(as(pools, lead), one)).rejects.toMatchObject(refused)
})

test('a file whose bytes were erased as data is held no more, nor are its answers', async ({
  batch,
  pools,
  fixture,
  database,
}) => {
  const { engagementId } = fixture
  expect(batch.id).toBeTruthy()
  const answers = 'c'.repeat(64)
  const [row] = await query(
    database.ownerUrl,
    (sql) =>
      sql<
        { input: string }[]
      >`update prediction_batches set output_sha256 = ${answers}, ended_at = now() returning input_sha256 as input`,
  )
  const input = row?.input ?? ''
  const held = () => pools.worker.as({}, (tx) => listHeld(tx, engagementId, [input, answers]))
  expect(await held()).toEqual(new Set([input, answers]))
  await query(
    database.ownerUrl,
    (sql) =>
      sql`update dataset_versions set digest = ${input.slice(0, 32)}, state = 'erased' where engagement_id = ${engagementId}`,
  )
  expect(await held()).toEqual(new Set())
})
