import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addFirm } from '#app/commands/accounts.ts'
import { trackingToken } from '#app/commands/tracking-token.ts'
import { openDatabase } from '#db/client.server.ts'
import { migrateDatabase } from '#db/migrate.server.ts'
import { ensureDatabase, freePort, startPostgres } from '#db/postgres.server.ts'
import type { Database } from '#db/types.ts'
import { argumentsOf } from '#workers/bundled.ts'
import { ensureBundles } from '#workers/ensure-ready.mjs'
import type { Target } from './load.ts'

export interface BenchPortal {
  readonly target: Target
  readonly ownerUrl: string
  readonly webUrl: string
  readonly worker: Database
  stop(): Promise<void>
}

/** PostgreSQL as it is shipped, durable commits and all, and the web process as it is shipped, in a folder of their own. */
export async function startPortal(): Promise<BenchPortal> {
  await ensureBundles()
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'throughline-bench-'))
  const running = await startPostgres({ dataDir, log: () => undefined })
  const ownerUrl = await ensureDatabase(running.ownerUrl, 'throughline')
  const urls = await migrateDatabase({ ownerUrl, secretsDir: path.join(dataDir, 'secrets') })
  const port = await freePort()
  const url = `http://127.0.0.1:${String(port)}`
  const web = spawn(process.execPath, argumentsOf('app/main.ts'), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      WEB_DATABASE_URL: urls.webUrl,
      PORT: String(port),
      PUBLIC_ORIGIN: url,
      DATA_DIR: dataDir,
      SERVING_URL: 'http://127.0.0.1:9',
      SERVING_SECRET: 'none of this is served',
      INSTANCE_SECRET: 'an instance of a minute',
    },
  })
  const worker = openDatabase(urls.workerUrl, { connectionsMax: 2, name: 'bench' })
  await whenHealthy(url)
  const token = await aToken(urls.webUrl)
  return {
    target: { name: 'throughline', url, token },
    ownerUrl,
    webUrl: urls.webUrl,
    worker,
    async stop() {
      web.kill('SIGTERM')
      await worker.close()
      await new Promise((resolve) => (web.exitCode === null ? web.once('exit', resolve) : resolve(null)))
      await running.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function aToken(webUrl: string): Promise<string> {
  const database = openDatabase(webUrl, { connectionsMax: 1, name: 'bench' })
  const now = new Date()
  const firm = { firm: 'Bench', name: 'Ben Ch', email: 'ben@bench.test', passwordHash: 'none', now }
  await database.as({ door: 'auth' }, (tx) => addFirm(tx, firm))
  const token = await trackingToken(database, { code: 'BENCH', mayCreate: true, now })
  await database.close()
  return token
}

async function whenHealthy(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const answer = await fetch(`${url}/health`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.status === 200) return
    await sleep(100)
  }
  throw new Error('The web process did not get ready.')
}
