import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { test } from '#test/support/engagement.ts'
import { query } from '#test/support/database.ts'
import { aStoredDataset, aTraining } from '#test/support/jobs.ts'
import { cageExecutor } from '#workers/executors/cage.ts'
import type { TaskShell } from '#workers/task.ts'
import { runNextJob } from '#workers/tasks/run-next-job.ts'

test(
  'a training whose portal breaks off in the middle of a call is tried again; one that is refused is not',
  {
    timeout: 60_000,
  },
  async ({ pools, fixture, database }) => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    const asked: string[] = []
    let isBroken = true
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.method === 'GET') response.writeHead(200).end('{"experiment":{"experiment_id":"1"}}')
      else if (isBroken) request.socket.destroy()
      else response.writeHead(400).end('{"error_code":"INVALID_PARAMETER_VALUE","message":"No."}')
    }).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo // listens on a port, so it is no pipe
      const blobs = diskBlobs(dataDir)
      const shell = {
        database: pools.worker,
        blobs,
        executor: cageExecutor(),
        config: { trackingUrl: `http://127.0.0.1:${String(port)}` },
        workerId: 'worker',
        signal: new AbortController().signal,
        now: () => new Date(),
      } as unknown as TaskShell // what this task uses of it
      const jobId = await aTraining(pools, fixture, {
        train: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-train'),
        test: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-holdout'),
      })
      const job = async () => {
        const [row] = await query(
          database.ownerUrl,
          (sql) => sql`select state, attempt, reason, reason_code as code from jobs where id = ${jobId}`,
        )
        return row
      }
      await runNextJob({}, shell)
      expect(asked.at(-1)).toMatch(/runs\/create$/)
      expect(await job()).toMatchObject({ state: 'queued', attempt: 1 })
      expect((await job())?.reason).toMatch(/^The tracking API was away\..*It is tried again\.$/s)

      isBroken = false
      await query(database.ownerUrl, (sql) => sql`update jobs set run_at = now() where id = ${jobId}`)
      await runNextJob({}, shell)
      expect(await job()).toMatchObject({ state: 'failed', attempt: 2, code: 'exception' })
    } finally {
      server.close()
      await rm(dataDir, { recursive: true, force: true })
    }
  },
)
