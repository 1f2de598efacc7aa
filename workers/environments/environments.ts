import { readFileSync } from 'node:fs'
import type { LockedPackage } from '#app/domain/environment.ts'
import type { ExecutionSpec } from '#workers/executors/executor.ts'

type CageFile = ExecutionSpec['files'][number]

export interface PackageFile extends LockedPackage {
  readonly wheel: Uint8Array
}

/** What builds a version, and what a job in it is started by. */
export const BUILD_ENTRY = '/env/build.py'
export const START_ENTRY = '/env/start.py'

/** Files of the cage that build a version. */
export function buildFiles(packages: readonly PackageFile[]): CageFile[] {
  return [program('build.py'), program('_requirements.py'), ...packageFiles(packages)]
}

/** Files of the cage that start `/job/main.py` with the packages of a version. */
export function startFiles(packages: readonly PackageFile[]): CageFile[] {
  return [program('start.py'), ...packageFiles(packages)]
}

/** The wheels, named by their digests: no name that somebody brought becomes a path. */
function packageFiles(packages: readonly PackageFile[]): CageFile[] {
  const order = {
    packages: packages.map(({ name, version, fileName, sha256 }) => ({
      name,
      version,
      file: fileName,
      path: `/env/wheels/${sha256}.whl`,
      sha256,
    })),
  }
  return [
    program('_environment.py'),
    { path: '/env/environment.json', bytes: new TextEncoder().encode(JSON.stringify(order)) },
    ...packages.map(({ sha256, wheel }) => ({ path: `/env/wheels/${sha256}.whl`, bytes: wheel })),
  ]
}

function program(file: string): CageFile {
  return { path: `/env/${file}`, bytes: new Uint8Array(readFileSync(new URL(file, import.meta.url))) }
}
