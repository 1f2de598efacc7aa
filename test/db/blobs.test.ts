import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test as base } from 'vitest'
import type { EngagementId } from '#app/domain/ids.ts'
import { openBlobs } from '#db/blob-store.server.ts'
import type { Blobs, StagedBlob } from '#db/blobs.server.ts'
import { newId } from '#db/new-id.ts'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { bucketFault } from '#db/s3-probe.server.ts'
import { storing } from '#test/support/blobs.ts'
import { startObjectStore } from '#test/support/object-store.ts'

const objectStore = await startObjectStore()
afterAll(() => objectStore.stop(), 20_000)

const MIB = 1_048_576
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const published = async (blob: StagedBlob) => {
  await blob.publish()
  return blob.sha256
}

interface Place {
  readonly blobs: Blobs
  readonly dataDir: string
  readonly engagementId: EngagementId
  /** How many files, blobs and unfinished uploads there are. */
  leftovers(): Promise<number[]>
}

function testWith(bucketOf: () => Bucket | null) {
  return base.extend<{ place: Place }>({
    // The empty pattern is how Vitest learns that the fixture needs no other.
    // eslint-disable-next-line no-empty-pattern
    place: async ({}, use) => {
      const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
      const blobs = await openBlobs(dataDir, { bucket: bucketOf() })
      const engagementId = newId<EngagementId>()
      await use({
        ...{ blobs, dataDir, engagementId },
        async leftovers() {
          const staged = await readdir(path.join(dataDir, 'tmp')).catch(() => [])
          const listed = await listedIn(blobs, engagementId)
          return [staged.length, listed.length, await blobs.removeStagedBefore(new Date(Date.now() + 60_000))]
        },
      })
      await rm(dataDir, { recursive: true, force: true })
    },
  })
}

async function listedIn(blobs: Blobs, engagementId: EngagementId) {
  const listed = []
  for await (const blob of blobs.list(engagementId)) listed.push(blob)
  return listed
}

async function* pieces(bytes: Uint8Array, pieceBytes = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield await Promise.resolve(bytes.subarray(at, Math.min(at + pieceBytes, bytes.length)))
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of stream) if (piece instanceof Uint8Array) all.push(piece)
  return Buffer.concat(all)
}

/** What holds for every store. */
function contract(test: ReturnType<typeof testWith>): void {
  test('keeps bytes under their digest, seen by nobody before they are published', async ({ place }) => {
    const { blobs, engagementId } = place
    const startedAt = Date.now()
    const sha256 = await storing(blobs, engagementId, 'hello', async (blob) => {
      expect(blob).toMatchObject({ sha256: sha256Of(Buffer.from('hello')), sizeBytes: 5 })
      await expect(blobs.open(engagementId, blob.sha256)).rejects.toMatchObject({ code: 'not_found' })
      expect(await listedIn(blobs, engagementId)).toEqual([])
      await blob.publish()
      await blob.publish()
      return blob.sha256
    })
    expect(Buffer.from(await blobs.read(engagementId, sha256)).toString()).toBe('hello')
    const [listed, ...more] = await listedIn(blobs, engagementId)
    expect([listed, more]).toMatchObject([{ sha256, sizeBytes: 5 }, []])
    expect(Math.abs((listed?.storedAt.getTime() ?? 0) - startedAt)).toBeLessThan(60_000)
    expect(await place.leftovers()).toEqual([0, 1, 0])
  })

  test('takes large and empty files, and gives them back in whole and in part', async ({ place }) => {
    const { blobs, engagementId } = place
    const bytes = randomBytes(20 * MIB + 7)
    const sha256 = await blobs.write(engagementId, pieces(bytes), 21 * MIB, async (blob) => {
      expect(await listedIn(blobs, engagementId)).toEqual([])
      await blob.publish()
      await blob.publish()
      return blob.sha256
    })
    const { sizeBytes, stream } = await blobs.open(engagementId, sha256)
    expect([sha256, sizeBytes]).toEqual([sha256Of(bytes), bytes.length])
    expect(sha256Of(await bytesOf(stream()))).toBe(sha256)
    for (const [start, end] of [
      [0, 0],
      [8 * MIB - 3, 8 * MIB + 3],
      [bytes.length - 5, bytes.length - 1],
    ] as const)
      expect(await bytesOf(stream({ start, end }))).toEqual(bytes.subarray(start, end + 1))
    const empty = await storing(blobs, engagementId, '', published)
    expect(await blobs.read(engagementId, empty)).toHaveLength(0)
    expect((await blobs.open(engagementId, empty)).sizeBytes).toBe(0)
    expect(await place.leftovers()).toEqual([0, 2, 0])
  })

  test('leaves nothing of what is too large, breaks off, or is not published', async ({ place }) => {
    const { blobs, engagementId } = place
    const bytes = randomBytes(9 * MIB)
    await expect(blobs.write(engagementId, pieces(bytes), 8 * MIB, published)).rejects.toMatchObject({
      code: 'invalid',
      message: 'A file may have at most 8 MiB.',
    })
    async function* broken() {
      yield* pieces(bytes)
      throw new Error('cut')
    }
    await expect(blobs.write(engagementId, broken(), 10 * MIB, published)).rejects.toThrow('cut')
    for (const content of [bytes, Buffer.from('small')]) {
      const refused = blobs.write(engagementId, pieces(content), 10 * MIB, () => Promise.reject(new Error('refused')))
      await expect(refused).rejects.toThrow('refused')
      await blobs.write(engagementId, pieces(content), 10 * MIB, () => Promise.resolve())
    }
    expect(await place.leftovers()).toEqual([0, 0, 0])
  })

  test('holds a bounded part of a file in memory', async ({ place }) => {
    const { blobs, engagementId } = place
    const block = randomBytes(MIB)
    async function* blocks() {
      for (let at = 0; at < 160; at += 1) yield await Promise.resolve(block)
    }
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 5)
    const sha256 = await blobs.write(engagementId, blocks(), 200 * MIB, published)
    let read = 0
    for await (const piece of (await blobs.open(engagementId, sha256)).stream()) read += (piece as Buffer).length
    clearInterval(watch)
    expect(read).toBe(160 * MIB)
    expect(most).toBeLessThan(96 * MIB)
  }, 90_000)

  test('says when bytes were removed between two attempts to publish them', async ({ place }) => {
    const { blobs, engagementId } = place
    const bytes = randomBytes(9 * MIB)
    const attempt = blobs.write(engagementId, pieces(bytes), 10 * MIB, async (blob) => {
      await blob.publish()
      await blobs.remove(engagementId, blob.sha256)
      await blob.publish()
    })
    await expect(attempt).rejects.toMatchObject({ code: 'conflict' })
    expect(await place.leftovers()).toEqual([0, 0, 0])
  })

  test('takes the same bytes from many at once, and removes them once and for all', async ({ place }) => {
    const { blobs, engagementId } = place
    const bytes = randomBytes(9 * MIB)
    const write = () => blobs.write(engagementId, pieces(bytes), 10 * MIB, published)
    const [sha256 = '', ...same] = await Promise.all([write(), write(), write()])
    expect(same).toEqual([sha256, sha256])
    expect(await place.leftovers()).toEqual([0, 1, 0])
    await blobs.pathOnDisk(engagementId, sha256)
    await blobs.remove(engagementId, sha256)
    await blobs.remove(engagementId, sha256)
    for (const ask of [blobs.open, blobs.read, blobs.pathOnDisk])
      await expect(ask(engagementId, sha256)).rejects.toMatchObject({ code: 'not_found' })
    expect(await place.leftovers()).toEqual([0, 0, 0])
    expect((await readdir(place.dataDir, { recursive: true })).filter((name) => name.endsWith(sha256))).toEqual([])
  })

  test('keeps engagements apart, and takes nothing for a path', async ({ place }) => {
    const { blobs, engagementId } = place
    const sha256 = await storing(blobs, engagementId, 'ours', published)
    const other = newId<EngagementId>()
    expect(await listedIn(blobs, other)).toEqual([])
    for (const [of, name] of [
      [other, sha256],
      [engagementId, sha256.toUpperCase()],
      [engagementId, `../${engagementId}/${sha256}`],
      [engagementId, ''],
    ] as const)
      for (const ask of [blobs.open, blobs.read, blobs.pathOnDisk])
        await expect(async () => ask(of, name)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('has a file with the bytes for whoever reads files', async ({ place }) => {
    const { blobs, engagementId, dataDir } = place
    const sha256 = await storing(blobs, engagementId, 'a model', published)
    const onDisk = await blobs.pathOnDisk(engagementId, sha256)
    expect(await readFile(path.join(dataDir, onDisk), 'utf8')).toBe('a model')
    expect(await blobs.pathOnDisk(engagementId, sha256)).toBe(onDisk)
  })
}

describe('blobs on disk', () => contract(testWith(() => null)))

const title =
  objectStore.missing === null ? 'blobs in a bucket' : `SKIPPED, NO STORE THAT SPEAKS S3 (${objectStore.missing})`

describe.skipIf(objectStore.missing !== null)(title, () => {
  const test = testWith(() => objectStore.bucket())
  contract(test)

  test('are copied to the disk within a bound, and anew when the copy is damaged', async ({ place }) => {
    const bucket = { ...objectStore.bucket(), cacheBytes: 10 }
    const { dataDir, engagementId } = place
    const blobs = await openBlobs(dataDir, { bucket })
    const [first, second] = [
      await storing(blobs, engagementId, 'the first', published),
      await storing(blobs, engagementId, 'the second', published),
    ]
    const copies = async () =>
      (await readdir(path.join(dataDir, 'cache'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name))
    const file = path.join(dataDir, await blobs.pathOnDisk(engagementId, first))
    await appendFile(file, '!')
    await blobs.pathOnDisk(engagementId, first)
    expect(await readFile(file, 'utf8')).toBe('the first')
    await blobs.pathOnDisk(engagementId, second)
    expect(await copies()).toHaveLength(2) // both were asked for just now
    const earlier = new Date(Date.now() - 3_600_000)
    await utimes(file, earlier, earlier)
    await blobs.removeStagedBefore(earlier)
    expect(await copies()).toEqual([expect.stringContaining(second)])
    await blobs.pathOnDisk(engagementId, first)
    expect(await readFile(file, 'utf8')).toBe('the first')
  })

  test('need a bucket that can be used; why it cannot is said without secrets', async () => {
    const bucket = objectStore.bucket()
    expect(await bucketFault(bucket)).toBeNull()
    expect(await bucketFault({ ...bucket, name: 'absent' })).toContain('cannot be used: there is no such bucket.')
    expect(await bucketFault({ ...bucket, endpoint: 'http://127.0.0.1:1' })).toBe(
      `ARTIFACT_STORE s3://${bucket.name}/${bucket.prefix} at http://127.0.0.1:1 cannot be used: nothing listens there.`,
    )
    const key = process.env['AWS_SECRET_ACCESS_KEY'] ?? ''
    try {
      process.env['AWS_SECRET_ACCESS_KEY'] = 'another-secret'
      const fault = await bucketFault(bucket)
      expect(fault).toContain('cannot be used: the secret key is wrong.')
      expect(fault).not.toContain('another-secret')
      delete process.env['AWS_SECRET_ACCESS_KEY']
      expect(await bucketFault(bucket)).toContain('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = key
    }
  })
})
