import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { installDebian } from './debian.ts'
import { isAlive } from './is-alive.ts'

const run = promisify(execFile)
const FOLDER = path.resolve('.test', 'docker')
const SOCKET = path.join(FOLDER, 'docker.sock')
const START_SECONDS_MAX = 40
const TURN_SECONDS_MAX = 300

export interface Engine {
  /** Why there is none; null when there is. */
  readonly missing: string | null
  /** What DOCKER_HOST has to say to reach it. */
  readonly host: string
  /** Stop it in the middle, or kill it, and start it again; null for an engine that is not ours to stop. */
  readonly interrupt: { halt(): Promise<void>; kill(): Promise<void>; resume(): Promise<void> } | null
  stop(): Promise<void>
}

const none = (missing: string): Engine => ({ missing, host: '', interrupt: null, stop: () => Promise.resolve() })

/**
 * A real Docker engine for tests: the one that DOCKER_HOST names, or Debian's, installed and started here, which needs
 * root and apt. It keeps to itself: no rule in the firewall, no forwarding, a data folder of its own.
 */
export async function startEngine(): Promise<Engine> {
  const given = process.env['DOCKER_HOST']
  if (given) return { missing: null, host: given, interrupt: null, stop: () => Promise.resolve() }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return none('starting an engine needs Linux and root')
  const installed = await install()
  if (installed !== null) return none(installed)
  await mkdir(FOLDER, { recursive: true })
  const leave = await turn()
  let daemon = await launch()
  if (typeof daemon === 'string') {
    await leave()
    return none(daemon)
  }
  const halt = async () => {
    if (typeof daemon !== 'string') await daemon.stop()
  }
  process.env['DOCKER_HOST'] = `unix://${SOCKET}`
  return {
    missing: null,
    host: `unix://${SOCKET}`,
    interrupt: {
      halt,
      async kill() {
        if (typeof daemon !== 'string') await daemon.kill()
      },
      async resume() {
        daemon = await launch()
        if (typeof daemon === 'string') throw new Error(daemon)
      },
    },
    async stop() {
      await halt()
      // Files that are read in this thread later must not take it for an engine that was given.
      delete process.env['DOCKER_HOST']
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
async function launch(): Promise<{ stop(): Promise<void>; kill(): Promise<void> } | string> {
  // Left behind by an engine that was killed, it keeps the next one from starting.
  await rm(path.join(FOLDER, 'exec', 'containerd', 'containerd.pid'), { force: true })
  await rm(path.join(FOLDER, 'dockerd.pid'), { force: true })
  let said = ''
  const engine = spawn(
    'dockerd',
    [
      ...['-H', `unix://${SOCKET}`, '--data-root', path.join(FOLDER, 'data'), '--exec-root', path.join(FOLDER, 'exec')],
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
  if (await isThere('dockerd')) return null
  return (await isThere('apt-get')) ? installDebian('docker.io') : 'there is neither dockerd nor apt-get'
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
