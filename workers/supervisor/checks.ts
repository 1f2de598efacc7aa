import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverVersion } from '#db/postgres.server.ts'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { bucketWords } from '#db/s3-bucket.server.ts'
import { StartRefused } from './refused.ts'

const SERVER_VERSION_MIN = 15
const PORT_PATIENCE_MS = 5000

/** @throws StartRefused unless files can be made in the folder, which is created if need be */
export async function ensureWritable(dataDir: string): Promise<void> {
  const probe = path.join(dataDir, `.probe-${process.pid}`)
  try {
    await makeFolder(dataDir)
    await writeFile(probe, 'probe', { flush: true })
    await rm(probe)
  } catch (error) {
    throw new StartRefused(
      `The data folder ${dataDir} cannot be written to (${codeOf(error)}): set DATA_DIR to one that can.`,
    )
  }
}

/** Like a recursive `mkdir`, which never returns for a folder that a system such as /proc does not let exist. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    const parent = path.dirname(folder)
    if (error.code !== 'ENOENT' || (await stat(parent).catch(() => null)) !== null) throw error
    await makeFolder(parent)
    await mkdir(folder)
  }
}

/**
 * @param isPatient wait a little: the processes of a killed instance are still letting go
 * @throws StartRefused when somebody listens there
 */
export async function ensurePortFree(host: string, port: number, isPatient: boolean): Promise<void> {
  const deadline = performance.now() + (isPatient ? PORT_PATIENCE_MS : 0)
  for (;;) {
    const code = await listenCode(host, port)
    if (code === null) return
    if (code !== 'EADDRINUSE')
      throw new StartRefused(`Nothing can listen on ${host} port ${port} (${code}): set HOST or PORT.`)
    if (performance.now() >= deadline) {
      throw new StartRefused(`Port ${port} is taken by another program: stop it, or set PORT to another number.`)
    }
    await sleep(100)
  }
}

function listenCode(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = net.createServer()
    probe.once('error', (error) => resolve(codeOf(error)))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
}

/** @throws StartRefused when the server of DATABASE_URL cannot be reached or is too old */
export async function ensureServer(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl)
  const where = `${url.hostname || 'localhost'} port ${url.port || 5432}`
  const major = await serverVersion(databaseUrl).catch((error: unknown) => {
    throw new StartRefused(`The PostgreSQL of DATABASE_URL at ${where} does not let us in (${codeOf(error)}).`)
  })
  if (major < SERVER_VERSION_MIN) {
    throw new StartRefused(
      `The PostgreSQL of DATABASE_URL at ${where} is version ${major}: version ${SERVER_VERSION_MIN} or newer is needed.`,
    )
  }
}

/**
 * @throws StartRefused when artifacts are to be kept in a bucket that cannot be used, or while some lie in the data
 * folder, where nobody would look for them any more
 */
export async function ensureStore({ bucket, dataDir }: { bucket: Bucket | null; dataDir: string }): Promise<void> {
  if (bucket === null) return
  const folder = path.join(dataDir, 'artifacts')
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new StartRefused(
      `${folder} holds artifacts that would not be found in the bucket: copy it to ${bucketWords(bucket)}artifacts, then rename it.`,
    )
  const { bucketFault } = await import('#db/s3-probe.server.ts')
  const fault = await bucketFault(bucket)
  if (fault !== null) throw new StartRefused(fault)
}

/** A secret of this instance: made once, readable by its owner only. */
export async function keptSecret(dataDir: string, name: string): Promise<string> {
  const file = path.join(dataDir, 'secrets', name)
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept.trim() !== '') return kept.trim()
  const made = randomBytes(32).toString('hex')
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, made, { mode: 0o600, flush: true })
  return made
}

const WORDS: Record<string, string> = {
  '28P01': 'the password is wrong',
  '28000': 'this user may not connect',
  '3D000': 'there is no such database',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  CONNECT_TIMEOUT: 'no answer',
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : error.name
  return WORDS[code] ?? code
}
