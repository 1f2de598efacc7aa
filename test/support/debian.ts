import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SECONDS_MAX = 180
const AGAIN_MS = 1000

/**
 * Install a package of Debian's, as root. Other tests may be installing something of theirs: one waits for the other.
 * @returns why it could not be installed; null when it is there
 */
export async function installDebian(name: string): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'installing it needs Linux and root'
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: SECONDS_MAX * 1000 }
  const deadline = performance.now() + SECONDS_MAX * 1000
  for (;;) {
    try {
      await run('apt-get', ['update'], options)
      await run('apt-get', ['install', '-y', '--no-install-recommends', name], options)
      return null
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      if (!/Could not get lock|Unable to (lock|acquire)/.test(said) || performance.now() > deadline)
        return `${name} could not be installed: ${said.split('\n')[0] ?? ''}`
      await sleep(AGAIN_MS)
    }
  }
}
