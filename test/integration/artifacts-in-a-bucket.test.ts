import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect } from 'vitest'
import { sweepStorage } from '#app/commands/storage.ts'
import { s3Blobs } from '#db/blobs-s3.server.ts'
import { bucketClient } from '#db/s3-client.server.ts'
import { query } from '#test/support/database.ts'
import { aPredictToken, aTrainedRun, aVersion, deployed, STRIKE, test as onPortal } from '#test/support/deployments.ts'
import type { TestServer } from '#test/support/http.ts'
import { aRun, ARTIFACTS, startServer, test as onServer } from '#test/support/http.ts'
import { startObjectStore } from '#test/support/object-store.ts'
import { eventually } from '#test/support/processes.ts'

const objectStore = await startObjectStore()
afterAll(() => objectStore.stop(), 20_000)
const bucket = objectStore.missing === null ? objectStore.bucket() : null
const title =
  objectStore.missing === null ? 'artifacts in a bucket' : `SKIPPED, NO STORE THAT SPEAKS S3 (${objectStore.missing})`

const MIB = 1_048_576
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const later = (hours: number) => new Date(Date.now() + hours * 3_600_000)

describe.skipIf(bucket === null)(title, () => {
  if (bucket === null) return

  const test = onServer.extend<{ server: TestServer }>({
    server: async ({ pools }, use) => {
      const folder = path.resolve('.test', `bucket-${randomBytes(6).toString('hex')}`)
      const server = await startServer(pools, s3Blobs(folder, bucket))
      await use({ ...server, dataDir: folder })
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  })

  const placeOf = async (client: Parameters<typeof aRun>[0]) => {
    const run_id = await aRun(client)
    const { body } = await client.get('runs/get', { run_id })
    return { runId: run_id, place: String(body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '') }
  }

  test('are sent, read in whole and in part, put together from parts, and deleted through MLflow’s doors', async ({
    client,
    server,
    pools,
    fixture,
    stranger,
  }) => {
    const { place } = await placeOf(client)
    const bytes = randomBytes(20 * MIB)
    expect((await client.put(`${place}/large.bin`, new Uint8Array(bytes))).status).toBe(200)
    const headers = { authorization: `Bearer ${client.token}` }
    const read = await server.fetch(`${ARTIFACTS}/${place}/large.bin`, { headers })
    expect(sha256Of(new Uint8Array(await read.arrayBuffer()))).toBe(sha256Of(bytes))
    const part = await server.fetch(`${ARTIFACTS}/${place}/large.bin`, {
      headers: { ...headers, range: 'bytes=8388600-8388620' },
    })
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(8_388_600, 8_388_621)])
    expect((await stranger.raw(`${ARTIFACTS}/${place}/large.bin`)).status).toBe(404)

    const mpu = (verb: string, body: unknown) =>
      client.raw(`/api/2.0/mlflow-artifacts/mpu/${verb}/${place}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const { body: begun } = await mpu('create', { path: 'joined.bin', num_parts: 2 })
    const pieces = [bytes.subarray(0, 10 * MIB), bytes.subarray(10 * MIB)]
    const parts = await Promise.all(
      pieces.map(async (piece, at) => {
        const url = String(begun.credentials?.[at]?.url)
        const sent = await fetch(url, { method: 'PUT', body: new Uint8Array(piece) })
        return { part_number: at + 1, etag: sent.headers.get('etag') }
      }),
    )
    expect((await mpu('complete', { path: 'joined.bin', upload_id: begun.upload_id, parts })).status).toBe(200)
    const joined = await server.fetch(`${ARTIFACTS}/${place}/joined.bin`, { headers })
    expect(sha256Of(new Uint8Array(await joined.arrayBuffer()))).toBe(sha256Of(bytes))

    for (const name of ['large.bin', 'joined.bin'])
      expect((await client.raw(`${ARTIFACTS}/${place}/${name}`, { method: 'DELETE' })).status).toBe(200)
    const swept = await sweepStorage({ database: pools.worker, blobs: server.blobs }, later(49))
    expect(swept).toMatchObject({ uploads: 1, blobs: 1, bytes: 20 * MIB, staged: 0 })
    for await (const blob of server.blobs.list(fixture.engagementId)) throw new Error(`${blob.sha256} is left`)
  })

  test('of an upload that is killed on the way are never half there', async ({
    client,
    server,
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead } = fixture
    const { runId } = await placeOf(client)
    const start = (moment: string, text: string, times: number) =>
      spawn(process.execPath, [
        ...['--import', 'tsx', 'test/support/killed-upload.ts', database.webUrl, server.dataDir, engagementId],
        ...[lead.personId, runId, text, moment, String(times), JSON.stringify(bucket)],
      ])
    const signalOf = async (child: ReturnType<typeof start>) => ((await once(child, 'exit')) as [unknown, unknown])[1] // what Node says of an exit
    for (const moment of ['before', 'after']) expect(await signalOf(start(moment, moment, 1))).toBe('SIGKILL')
    // Large enough for parts: killed when it was sent and not published, and while it is sent.
    expect(await signalOf(start('before', 'sent and not published', 600_000))).toBe('SIGKILL')
    const s3 = bucketClient(bucket)
    const about = { Bucket: bucket.name, Prefix: `${bucket.prefix}artifacts/${engagementId}/` }
    const uploads = async () => (await s3.send(new ListMultipartUploadsCommand(about))).Uploads ?? []
    const [whole] = await uploads()
    const child = start('never', 'in the middle', 8_000_000)
    await eventually(
      async () => {
        const begun = (await uploads()).find(({ UploadId }) => UploadId !== whole?.UploadId)
        if (!begun) return null
        const { Key, UploadId } = begun
        const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket: bucket.name, Key, UploadId }))
        return Parts.length > 0 ? Parts : null
      },
      30,
      'a part is sent',
    )
    child.kill('SIGKILL')
    expect(await signalOf(child)).toBe('SIGKILL')

    expect(await query(database.ownerUrl, (sql) => sql`select sha256 from artifacts`)).toEqual([])
    const listed = []
    for await (const blob of server.blobs.list(engagementId)) listed.push(blob.sizeBytes)
    expect(listed).toEqual(['after'.length])
    expect([(await uploads()).length, (await readdir(path.join(server.dataDir, 'tmp'))).length]).toEqual([2, 4])
    const store = { database: pools.worker, blobs: server.blobs }
    expect(await sweepStorage(store, later(23))).toMatchObject({ staged: 0, blobs: 0 })
    expect(await sweepStorage(store, later(25))).toMatchObject({ staged: 6, blobs: 1, bytes: 5 })
    expect([await uploads(), await readdir(path.join(server.dataDir, 'tmp'))]).toEqual([[], []])
    expect(await sweepStorage(store, later(25))).toMatchObject({ staged: 0, blobs: 0 })
  }, 90_000)

  test('of an upload that the store forgot meanwhile are not named', async ({ server, fixture }) => {
    const { engagementId } = fixture
    const s3 = bucketClient(bucket)
    async function* content() {
      yield await Promise.resolve(randomBytes(9 * MIB))
    }
    const attempt = server.blobs.write(engagementId, content(), 10 * MIB, async (blob) => {
      const about = { Bucket: bucket.name, Prefix: `${bucket.prefix}artifacts/${engagementId}/` }
      const [upload] = (await s3.send(new ListMultipartUploadsCommand(about))).Uploads ?? []
      const { Key, UploadId } = upload ?? {}
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId }))
      await blob.publish()
    })
    await expect(attempt).rejects.toMatchObject({ code: 'conflict' })
  })

  const artifacts = { bucket, environment: { ...objectStore.environment, ARTIFACT_STORE: storeOf(bucket) } }
  onPortal.extend({ artifacts })(
    'train, deploy and serve a model, also after everything on the disk was lost',
    async ({ stage }) => {
      const { portal } = stage
      portal.startWorker()
      const { slug } = await deployed(stage, await aVersion(stage, await aTrainedRun(stage)))
      const token = await aPredictToken(stage)
      const predict = async () => {
        const response = await fetch(`${portal.origin}/endpoints/${slug}/invocations`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ dataframe_records: [STRIKE] }),
        })
        return response.status === 200 ? response.text() : null
      }
      const answer = await predict()
      expect(answer).not.toBeNull()
      expect(await readdir(portal.dataDir)).not.toContain('artifacts')
      const { child, ended } = portal.servingProcess()
      child.kill('SIGKILL')
      await ended
      await rm(path.join(portal.dataDir, 'cache'), { recursive: true })
      await portal.startServing()
      expect(await eventually(predict, 60, 'the model answers again')).toBe(answer)
    },
    180_000,
  )
})

function storeOf({ name, prefix }: { readonly name: string; readonly prefix: string }): string {
  return `s3://${name}/${prefix}`
}
