import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { StartRefused } from './refused.ts'

const ATTEMPTS_MAX = 5

export interface InstanceLock {
  /** Whether an earlier instance ended without releasing it: its processes may still be ending. */
  readonly wasLeftBehind: boolean
  release(): void
}

/**
 * One instance for each data folder. The lock names its holder by process number and start time, so that neither a
 * killed holder nor a stranger with the same number keeps it.
 * @throws StartRefused while another instance runs
 */
export function lockInstance(dataDir: string): InstanceLock {
  const file = path.join(dataDir, 'instance.lock')
  const own = `${process.pid} ${identityOf(process.pid) ?? ''}`
  const draft = `${file}.${process.pid}`
  let wasLeftBehind = false
  writeFileSync(draft, own, { mode: 0o600 })
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      if (isLinked(draft, file)) {
        return { wasLeftBehind, release: () => readIfThere(file) === own && rmSync(file, { force: true }) }
      }
      const holder = readIfThere(file)
      if (holder === null) continue
      const pid = Number(holder.split(' ')[0])
      if (identityOf(pid) !== null && holder === `${pid} ${identityOf(pid)}` && pid !== process.pid) {
        throw new StartRefused(
          `Throughline already runs on ${dataDir} (process ${pid}): stop it, or set DATA_DIR to another folder.`,
        )
      }
      wasLeftBehind = true
      if (readIfThere(file) === holder) rmSync(file, { force: true })
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw new StartRefused(`Another start is taking ${dataDir} at this moment: try again.`)
}

/** A link is made completely or not at all, and never over an existing one. */
function isLinked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** What tells a live process from a later one with its number; null when there is none. */
function identityOf(pid: number): string | null {
  if (!(pid > 0)) return null
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat !== null) {
    // After the name, which may hold anything: the state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '')
  }
  try {
    process.kill(pid, 0)
    return ''
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? '' : null
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
