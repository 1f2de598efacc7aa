import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '#db/postgres.server.ts'
import { installDebian } from './debian.ts'
import { engineKeys } from './engine-keys.ts'
import { isAlive } from './is-alive.ts'

const run = promisify(execFile)
const FOLDER = path.resolve('.test', 'docker')
const SOCKET = path.join(FOLDER, 'docker.sock')
const KEYS = path.join(FOLDER, 'keys')
const START_SECONDS_MAX = 40
const TURN_SECONDS_MAX = 300

export interface Engine {
  /** Why there is none; null when there is. */
  readonly missing: string | null
  /** The environment variables that name it, as Docker's own client reads them. */
  readonly surroundings: Readonly<Record<string, string>>
  /** Stop it in the middle, or kill it, and start it again; null for an engine that is not ours to stop. */
  readonly interrupt: { halt(): Promise<void>; kill(): Promise<void>; resume(): Promise<void> } | null
  stop(): Promise<void>
}

const none = (missing: string): Engine => ({
  missing,
  surroundings: {},
  interrupt: null,
  stop: () => Promise.resolve(),
})

/**
 * A real Docker engine for tests: the one that DOCKER_HOST names, or Debian's, installed and started here, which needs
 * root and apt. It keeps to itself: no rule in the firewall, no forwarding, a data folder of its own. It is asked over TLS,
 * as an engine on another machine is, and answers only who shows the key made for it.
 */
export async function startEngine(): Promise<Engine> {
  const named = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'].flatMap((name) => {
    const value = process.env[name]
    return value ? [[name, value] as const] : []
  })
  if (process.env['DOCKER_HOST'])
    return { missing: null, surroundings: Object.fromEntries(named), interrupt: null, stop: () => Promise.resolve() }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return none('starting an engine needs Linux and root')
  const installed = await install()
  if (installed !== null) return none(installed)
  await mkdir(FOLDER, { recursive: true })
  const leave = await turn()
  await engineKeys(KEYS)
  const port = await freePort()
  let daemon = await launch(port)
  if (typeof daemon === 'string') {
    await leave()
    return none(daemon)
  }
  const halt = async () => {
    if (typeof daemon !== 'string') await daemon.stop()
  }
  const surroundings = {
    DOCKER_HOST: `tcp://127.0.0.1:${String(port)}`,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: KEYS,
  }
  Object.assign(process.env, surroundings)
  return {
    missing: null,
    surroundings,
    interrupt: {
      halt,
      async kill() {
        if (typeof daemon !== 'string') await daemon.kill()
      },
      async resume() {
        daemon = await launch(port)
        if (typeof daemon === 'string') throw new Error(daemon)
      },
    },
    async stop() {
      await halt()
      // An engine that was killed leaves its folder mounted on itself; nobody could remove it then.
      await run('umount', ['--recursive', path.join(FOLDER, 'data')]).catch(() => undefined)
      // Files that are read in this thread later must not take it for an engine that was given.
      for (const name of Object.keys(surroundings)) Reflect.deleteProperty(process.env, name)
      for (const link of ['docker0', 'docker_gwbridge']) await run('ip', ['link', 'del', link]).catch(() => undefined)
      await leave()
    },
  }
}

/** One file of tests after the other has the engine: they would find each other's containers, and its bridge is one. */
async function turn(): Promise<() => Promise<void>> {
  const lock = path.join(FOLDER, 'in-use')
  const deadline = performance.now() + TURN_SECONDS_MAX * 1000
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' })
      return () => rm(lock, { force: true })
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
    if (performance.now() > deadline || (holder > 0 && !isAlive(holder))) await rm(lock, { force: true })
    await sleep(100)
  }
}

/** @returns the daemon, when it answers; or why it does not */
async function launch(port: number): Promise<{ stop(): Promise<void>; kill(): Promise<void> } | string> {
  // Left behind by an engine that was killed, it keeps the next one from starting.
  await rm(path.join(FOLDER, 'exec', 'containerd', 'containerd.pid'), { force: true })
  await rm(path.join(FOLDER, 'dockerd.pid'), { force: true })
  let said = ''
  const engine = spawn(
    'dockerd',
    [
      ...['-H', `unix://${SOCKET}`, '-H', `tcp://127.0.0.1:${String(port)}`],
      ...['--tlsverify', '--tlscacert', path.join(KEYS, 'ca.pem')],
      ...['--tlscert', path.join(KEYS, 'server-cert.pem'), '--tlskey', path.join(KEYS, 'server-key.pem')],
      ...['--data-root', path.join(FOLDER, 'data'), '--exec-root', path.join(FOLDER, 'exec')],
      ...['--pidfile', path.join(FOLDER, 'dockerd.pid'), '--iptables=false', '--ip6tables=false'],
      ...['--ip-forward=false', '--ip-masq=false'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const listen = (piece: Buffer) => (said = (said + piece.toString()).slice(-4000))
  engine.stdout.on('data', listen)
  engine.stderr.on('data', listen)
  const ended = new Promise<void>((resolve) => engine.once('exit', () => resolve()))
  engine.once('error', (error) => (said += error.message))
  const deadline = performance.now() + START_SECONDS_MAX * 1000
  while (!(await answers())) {
    if (engine.exitCode !== null || performance.now() > deadline) {
      engine.kill('SIGKILL')
      return `the engine did not start: ${said.trim().split('\n').at(-1) ?? ''}`
    }
    await sleep(50)
  }
  return {
    async stop() {
      engine.kill('SIGTERM')
      const force = setTimeout(() => engine.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(force)
    },
    async kill() {
      engine.kill('SIGKILL')
      await ended
    },
  }
}

/** @returns why it could not be installed; null when it is there */
async function install(): Promise<string | null> {
  for (const [program, name] of [
    ['dockerd', 'docker.io'],
    ['openssl', 'openssl'],
  ] as const) {
    if (await isThere(program)) continue
    const problem = (await isThere('apt-get')) ? await installDebian(name) : `there is neither ${program} nor apt-get`
    if (problem !== null) return problem
  }
  return null
}

const isThere = (program: string): Promise<boolean> =>
  run('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  )

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ socketPath: SOCKET, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })
}
