import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'

/**
 * Let a portal go on from where the first start of this run of `npm test` stopped, in a copy of its folder. Where there was
 * none, as when a part is run by itself, the portal makes its first start here.
 */
export function copySeeded(dataDir: string): void {
  const seeded = process.env.TEST_SEEDED_DIR
  if (seeded === undefined || !existsSync(path.join(seeded, 'demo.json'))) return
  mkdirSync(path.dirname(dataDir), { recursive: true })
  // With owners and modes, which PostgreSQL looks at.
  const copied = spawnSync('cp', ['-a', seeded, dataDir], { encoding: 'utf8' })
  if (copied.status !== 0) throw new Error(`The first start’s folder could not be copied: ${copied.stderr}`)
  // The copies run at the same time: each takes a port of its own.
  rmSync(path.join(dataDir, 'postgres.port'), { force: true })
}
