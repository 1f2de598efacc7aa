import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect } from 'vitest'
import { addDeliverable, submitDeliverable } from '#app/commands/deliverables.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { forgetErased, getStorage, holdNamedBlobs, limitStorage, sweepStorage } from '#app/commands/storage.ts'
import { addArtifact, deleteArtifacts } from '#app/commands/run-files.ts'
import { startRun, updateRun } from '#app/commands/tracking.ts'
import { addPart, beginUpload, endUpload } from '#app/commands/uploads.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { PersonId, RunId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { blobPlace } from '#db/blobs.server.ts'
import { findArtifact } from '#db/queries/artifacts.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { aBlob, storing } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test as base } from '#test/support/engagement.ts'
import { actorOf, anEngagement, as, NOW, ORIGIN } from '#test/support/factories.ts'
import { clearEndedUpload } from '#workers/tasks/clear-upload.ts'

const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS)

interface Place {
  readonly dataDir: string
  readonly blobs: Blobs
  readonly tracker: PersonActor
  readonly runId: RunId
  put(file: string, text: string): Promise<string>
  isOnDisk(sha256: string): Promise<boolean>
  usedBytes(): Promise<number>
}

const test = base.extend<{ place: Place }>({
  place: async ({ pools, fixture }, use) => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    const blobs = diskBlobs(dataDir, { quotaBytes: 1000 })
    const { engagementId, lead } = fixture
    const tracker = { ...lead, onlyEngagementId: engagementId }
    const ctx = as(pools, tracker)
    const { run } = await startRun(ctx, { experimentId: '0', name: 'r', userName: '', startTime: null, tags: [] })
    await use({
      ...{ dataDir, blobs, tracker, runId: run.id },
      put: (file, text) =>
        storing(blobs, engagementId, text, async (blob) => {
          await addArtifact(ctx, run.id, { path: file, blob })
          return blob.sha256
        }),
      isOnDisk: (sha256) =>
        blobs.read(engagementId, sha256).then(
          () => true,
          () => false,
        ),
      usedBytes: async () =>
        (await pools.web.as({ personId: lead.personId }, (tx) => getStorage(tx, engagementId, blobs))).usedBytes,
    })
    await rm(dataDir, { recursive: true, force: true })
  },
})

/** Until a session waits for an advisory lock. */
async function untilSomebodyWaits(ownerUrl: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const [row] = await query(
      ownerUrl,
      (sql) => sql`select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
    )
    if (Number(row?.count) > 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('Nobody waited for the lock')
}

function gate() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open: () => open(), opened }
}

describe('the same bytes, removed and brought at once', () => {
  test('are there for whoever names them after they were removed', async ({ pools, fixture, place, database }) => {
    const { engagementId } = fixture
    const sha256 = await place.put('a.txt', 'the same')
    await deleteArtifacts(as(pools, place.tracker), place.runId, 'a.txt')
    const { open, opened } = gate()
    const reached = gate()
    // The real store, held up between counting the holders and removing the file.
    const slow: Blobs = {
      ...place.blobs,
      async remove(of, digest) {
        reached.open()
        await opened
        await place.blobs.remove(of, digest)
      },
    }
    const removing = forgetErased({ database: pools.worker, blobs: slow }, { engagementId, sha256 })
    await reached.opened
    const naming = place.put('b.txt', 'the same')
    await untilSomebodyWaits(database.ownerUrl)
    open()
    await Promise.all([removing, naming])
    expect(await place.isOnDisk(sha256)).toBe(true)
    expect(await place.usedBytes()).toBe(8)
  })

  test('stay when they were named first', async ({ pools, fixture, place, database }) => {
    const { engagementId } = fixture
    const sha256 = await place.put('a.txt', 'the same')
    await deleteArtifacts(as(pools, place.tracker), place.runId, 'a.txt')
    const { open, opened } = gate()
    const reached = gate()
    const naming = storing(place.blobs, engagementId, 'the same', (blob) =>
      addArtifact(as(pools, place.tracker), place.runId, {
        path: 'b.txt',
        blob: {
          ...blob,
          async publish() {
            reached.open()
            await opened
            await blob.publish()
          },
        },
      }),
    )
    await reached.opened
    const removing = forgetErased({ database: pools.worker, blobs: place.blobs }, { engagementId, sha256 })
    await untilSomebodyWaits(database.ownerUrl)
    open()
    await Promise.all([removing, naming])
    expect(await place.isOnDisk(sha256)).toBe(true)
  })

  test('are never named without being there, however often both happen', async ({ pools, fixture, place }) => {
    const { engagementId } = fixture
    const ctx = as(pools, place.tracker)
    const sha256 = await place.put('a.txt', 'again and again')
    let isOver = false
    const removing = (async () => {
      while (!isOver) await forgetErased({ database: pools.worker, blobs: place.blobs }, { engagementId, sha256 })
    })()
    for (let round = 0; round < 40; round += 1) {
      await place.put('a.txt', 'again and again')
      expect([round, await place.isOnDisk(sha256)]).toEqual([round, true])
      await deleteArtifacts(ctx, place.runId, 'a.txt')
    }
    isOver = true
    await removing
  })

  test('stay for a model that was registered from them, and make none when they are gone', async ({
    pools,
    fixture,
    place,
    database,
  }) => {
    const { engagementId, lead } = fixture
    const names = ['model.onnx', 'signature.json', 'input_example.json', 'expected_output.json']
    for (const name of names) await place.put(`model/${name}`, name)
    await updateRun(as(pools, place.tracker), place.runId, { state: 'finished' })
    await registerRunModel(as(pools, lead), { engagementId, name: 'm', runId: place.runId })
    await query(database.ownerUrl, (sql) => sql`delete from artifacts`)
    await sweepStorage({ database: pools.worker, blobs: place.blobs }, later(48))
    expect(await place.usedBytes()).toBe(names.join('').length)
    await expect(
      pools.web.as({ personId: lead.personId }, (tx) => holdNamedBlobs(tx, engagementId, ['ff'.repeat(32)])),
    ).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('a sweep', () => {
  test('removes what nothing names and is a day old, and keeps the rest', async ({ pools, place }) => {
    const store = { database: pools.worker, blobs: place.blobs }
    const kept = await place.put('kept.txt', 'kept')
    const gone = await place.put('gone.txt', 'gone!')
    await deleteArtifacts(as(pools, place.tracker), place.runId, 'gone.txt')
    expect(await sweepStorage(store, later(23))).toMatchObject({ blobs: 0 })
    expect(await place.usedBytes()).toBe(9)
    expect(await sweepStorage(store, later(25))).toEqual({ uploads: 0, staged: 0, blobs: 1, bytes: 5, adopted: 0 })
    expect([await place.isOnDisk(kept), await place.isOnDisk(gone)]).toEqual([true, false])
    expect(await place.usedBytes()).toBe(4)
    expect(await sweepStorage(store, later(25))).toMatchObject({ blobs: 0 })
  })

  test('finishes what a crash left: files that nobody noted, files that nobody published', async ({
    pools,
    fixture,
    place,
    database,
  }) => {
    const { engagementId } = fixture
    const store = { database: pools.worker, blobs: place.blobs }
    const named = await place.put('named.txt', 'named')
    await query(database.ownerUrl, (sql) => sql`delete from stored_blobs`)
    await query(database.ownerUrl, (sql) => sql`delete from storage_quotas`)
    // Killed after the file was in its place, before its row was committed.
    const lost = await storing(place.blobs, engagementId, 'lost bytes', async (blob) => {
      await blob.publish()
      return blob.sha256
    })
    const yesterday = new Date(Date.now() - 25 * HOUR_MS)
    await utimes(path.join(place.dataDir, blobPlace(engagementId, lost)), yesterday, yesterday)
    await writeFile(path.join(place.dataDir, 'tmp', 'old'), 'half')
    await utimes(path.join(place.dataDir, 'tmp', 'old'), yesterday, yesterday)
    await writeFile(path.join(place.dataDir, 'tmp', 'new'), 'half')
    expect(await sweepStorage(store, new Date())).toEqual({ uploads: 0, staged: 1, blobs: 1, bytes: 10, adopted: 1 })
    expect(await readdir(path.join(place.dataDir, 'tmp'))).toEqual(['new'])
    expect([await place.isOnDisk(named), await place.isOnDisk(lost)]).toEqual([true, false])
    expect(await place.usedBytes()).toBe(5)
  })

  test('cleans up after an upload that was killed, before or after its file was in its place', async ({
    pools,
    fixture,
    place,
    database,
  }) => {
    const { engagementId, lead } = fixture
    for (const moment of ['before', 'after']) {
      const given = [
        database.webUrl,
        place.dataDir,
        engagementId,
        lead.personId,
        place.runId,
        `killed ${moment}`,
        moment,
      ]
      const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/killed-upload.ts', ...given])
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null] // what Node says of an exit
      expect(signal).toBe('SIGKILL')
    }
    const rows = await query(database.ownerUrl, (sql) => sql`select sha256 from artifacts`)
    expect(rows).toEqual([])
    const left: string[] = []
    for await (const blob of place.blobs.list(engagementId)) left.push(blob.sha256)
    expect([left.length, (await readdir(path.join(place.dataDir, 'tmp'))).length]).toEqual([1, 1])
    const tomorrow = new Date(Date.now() + 25 * HOUR_MS)
    expect(await sweepStorage({ database: pools.worker, blobs: place.blobs }, tomorrow)).toMatchObject({
      staged: 1,
      blobs: 1,
      bytes: 'killed after'.length,
    })
    expect(await place.isOnDisk(left[0] ?? '')).toBe(false)
    expect(await place.usedBytes()).toBe(0)
  })

  test('ends uploads that were never completed; one that ended loses its parts at once', async ({
    pools,
    fixture,
    place,
    database,
  }) => {
    const { engagementId } = fixture
    const ctx = as(pools, place.tracker)
    const begin = async (text: string) => {
      const { uploadId, secret } = await beginUpload(ctx, { place: 'p', parts: 1, tokenHash: 'x' })
      await storing(place.blobs, engagementId, text, (blob) =>
        addPart(ctx, { engagementId, uploadId, part: 1, secret }, blob),
      )
      return uploadId
    }
    const shell = { database: pools.worker, blobs: place.blobs }
    const ended = await begin('first')
    await endUpload(ctx, { uploadId: ended, place: 'p' })
    await endUpload(ctx, { uploadId: ended, place: 'p' })
    await expect(addPart(ctx, { engagementId, uploadId: ended, part: 1, secret: '' }, aBlob())).rejects.toMatchObject({
      code: 'not_found',
    })
    const queued = await query(
      database.ownerUrl,
      (sql) => sql`select payload from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'clear_upload'`,
    )
    expect(queued).toEqual([{ payload: { uploadId: ended } }])
    // Of the shell the task uses these two.
    await clearEndedUpload({ uploadId: ended }, shell as unknown as Parameters<typeof clearEndedUpload>[1])
    expect(await place.usedBytes()).toBe(0)
    await begin('second')
    expect(await sweepStorage(shell, later(47))).toMatchObject({ uploads: 0, blobs: 0 })
    expect(await sweepStorage(shell, later(49))).toMatchObject({ uploads: 1 })
    expect(await place.usedBytes()).toBe(0)
  })
})

describe('the limit', () => {
  test('counts bytes once, and refuses what goes beyond it without a trace', async ({ pools, fixture, place }) => {
    const { engagementId, lead } = fixture
    await place.put('a.txt', 'x'.repeat(600))
    await place.put('b.txt', 'x'.repeat(600))
    expect(await place.usedBytes()).toBe(600)
    await expect(place.put('c.txt', 'y'.repeat(401))).rejects.toMatchObject({ code: 'refused', message: /may hold/ })
    expect(await place.usedBytes()).toBe(600)
    const c = await pools.web.as({ personId: lead.personId }, (tx) => findArtifact(tx, place.runId, 'c.txt'))
    expect(c).toBeNull()
    await addDeliverable(as(pools, lead), { engagementId, title: 'Report', due: null })
    const [deliverable] = await pools.web.as({ personId: lead.personId }, (tx) => listDeliverables(tx, engagementId))
    await expect(
      storing(place.blobs, engagementId, 'z'.repeat(500), (blob) =>
        submitDeliverable(as(pools, lead), {
          ...{ engagementId, deliverableId: found(deliverable).id, note: '', origin: ORIGIN },
          file: { name: 'r.pdf', blob },
        }),
      ),
    ).rejects.toMatchObject({ message: /may hold/ })
    expect(await readdir(path.join(place.dataDir, 'tmp'))).toEqual([])
    await place.put('c.txt', 'y'.repeat(400))
    expect(await place.usedBytes()).toBe(1000)
  })

  test('holds for many at once', async ({ place }) => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, at) => place.put(`${String(at)}.txt`, String.fromCharCode(97 + at).repeat(150))),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(6)
    expect(await place.usedBytes()).toBe(900)
  })

  test('is set by the firm’s owner, and by nobody else at the table', async ({ pools, fixture, place, database }) => {
    const { engagementId, lead, client } = fixture
    const [row] = await query(database.ownerUrl, (sql) => sql`select id from persons where email = 'owner@firm.test'`)
    const owner = await actorOf(pools, toId<PersonId>(row?.id))
    const set = (who: PersonActor, limitBytes: number | null) =>
      limitStorage(as(pools, who), { engagementId, limitBytes })
    await expect(set(client, 5)).rejects.toMatchObject({ code: 'refused' })
    await expect(set(lead, 5)).rejects.toMatchObject({ code: 'refused' })
    const stranger = (await anEngagement(pools, lead, 'Other Mills')).client
    await expect(set(stranger, 5)).rejects.toMatchObject({ code: 'not_found' })
    await set(owner, 500)
    await set(owner, 500)
    const told = await query(database.ownerUrl, (sql) => sql`select 1 from events where kind = 'storage.limited'`)
    expect(told).toHaveLength(1)
    await expect(place.put('a.txt', 'x'.repeat(600))).rejects.toMatchObject({ code: 'refused' })
    await set(owner, null)
    await place.put('a.txt', 'x'.repeat(600))
  })
})
