import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RootFileSystem } from '#workers/docker/root-file-system.ts'
import { below, read, rootFileSystem } from '#workers/docker/root-file-system.ts'
import { PYODIDE, pythonSnapshot } from './python.ts'

/** Where the container's program and the interpreter lie inside the image. */
export const CONTAINER_CAGE = '/opt/cage'
export const CONTAINER_PYODIDE = '/opt/pyodide'
const CONTAINER_SNAPSHOT = `${CONTAINER_CAGE}/python.snapshot`

interface CageImage extends RootFileSystem {
  /** Where the interpreter's snapshot lies inside; null: it has none. */
  readonly snapshotPath: string | null
}

let made: CageImage | null = null

/**
 * The image of a job's container: the interpreter and the cage's program.
 * @throws Error where `ldd` is not to be had: name an image of your own in DOCKER_IMAGE
 */
export function cageRootFileSystem(): CageImage {
  made ??= build()
  return made
}

function build(): CageImage {
  const cage = fileURLToPath(new URL('./cage/', import.meta.url))
  const snapshot = pythonSnapshot()
  const root = rootFileSystem(() => [
    ...below(cage, CONTAINER_CAGE.slice(1)),
    ...below(path.dirname(PYODIDE), CONTAINER_PYODIDE.slice(1)),
    ...(snapshot === null ? [] : [{ path: CONTAINER_SNAPSHOT.slice(1), bytes: read(snapshot) }]),
  ])
  return { ...root, snapshotPath: snapshot === null ? null : CONTAINER_SNAPSHOT }
}
