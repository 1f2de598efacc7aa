import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { bucketOf, STORE_VARIABLES } from '#db/s3-bucket.server.ts'
import { bucketClient } from '#db/s3-client.server.ts'
import { installDebian } from './debian.ts'

const run = promisify(execFile)
/** Debian's: its packages are for no other. */
const PYTHON = '/usr/bin/python3'
const START_SECONDS_MAX = 40

/** A store that speaks S3, and what processes are told to reach it. */
export interface ObjectStore {
  /** Why there is none; null when there is. */
  readonly missing: string | null
  readonly environment: Readonly<Record<string, string>>
  /** A place of one test's own. */
  bucket(prefix?: string): Bucket
  stop(): Promise<void>
}

const none = (missing: string): ObjectStore => ({
  missing,
  environment: {},
  bucket: () => {
    throw new Error(missing)
  },
  stop: () => Promise.resolve(),
})

/**
 * A real S3 store for tests: the one that ARTIFACT_STORE names, or OpenStack Swift from Debian, installed and started
 * here, which needs root and apt. This process's credentials are set to it.
 */
export async function startObjectStore(): Promise<ObjectStore> {
  const given = Object.fromEntries(
    STORE_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ) as Record<string, string> // the undefined ones were left out
  if (given['ARTIFACT_STORE']) return storeOf(given, () => Promise.resolve())
  const installed = await install()
  if (installed !== null) return none(installed)
  await mkdir('.test', { recursive: true })
  const folder = await mkdtemp(path.resolve('.test', 'object-store-'))
  const secret = randomBytes(12).toString('hex')
  const server = spawn(PYTHON, ['-I', 'test/support/object-store.py', folder, secret], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(server, 'exit')
  const environment: Record<string, string> = {}
  let said = ''
  server.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-4000)))
  const stop = async () => {
    // The next file of the same worker starts one of its own.
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name)
    server.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const patience = setTimeout(() => server.kill('SIGKILL'), START_SECONDS_MAX * 1000)
  const [port] = (await Promise.race([once(createInterface(server.stdout), 'line'), ended])) as [unknown]
  clearTimeout(patience)
  if (typeof port !== 'string') {
    await stop()
    return none(`Swift did not start: ${said.trim().split('\n').at(-1) ?? ''}`)
  }
  Object.assign(environment, {
    ARTIFACT_STORE: 's3://artifacts/tests',
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test:tester',
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  Object.assign(process.env, environment)
  const store = storeOf(environment, stop)
  await bucketClient(store.bucket()).send(new CreateBucketCommand({ Bucket: store.bucket().name }))
  return store
}

function storeOf(environment: Readonly<Record<string, string>>, stop: () => Promise<void>): ObjectStore {
  return {
    missing: null,
    environment,
    bucket(prefix = randomBytes(6).toString('hex')) {
      const bucket = bucketOf(environment)
      if (bucket === null) throw new Error('ARTIFACT_STORE is not set')
      return { ...bucket, prefix: `${bucket.prefix}${prefix}/` }
    },
    stop,
  }
}

/** @returns why it could not be installed; null when it is there */
async function install(): Promise<string | null> {
  if (process.platform !== 'linux') return 'starting one needs Linux'
  const isThere = () =>
    run(PYTHON, ['-I', '-c', 'import swift.common.middleware.s3api']).then(
      () => true,
      () => false,
    )
  if (await isThere()) return null
  const fault = await installDebian('python3-swift')
  if (fault !== null) return fault
  return (await isThere()) ? null : 'python3-swift is installed and does not load'
}
