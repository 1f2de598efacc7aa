import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { TarEntry } from '#app/domain/tar.ts'
import { TAR_END, tarEntry } from '#app/domain/tar.ts'
import { PYODIDE, pythonSnapshot } from './python.ts'

/** Where the container's program and the interpreter lie inside the image. */
export const CONTAINER_CAGE = '/opt/cage'
export const CONTAINER_PYODIDE = '/opt/pyodide'
const CONTAINER_SNAPSHOT = `${CONTAINER_CAGE}/python.snapshot`

/** A root file system ready to be imported, and a name that only this content has. */
export interface RootFileSystem {
  /** SHA-256 of the archive, lower-case hexadecimal. */
  readonly digest: string
  readonly archive: () => Readable
  /** Where the interpreter's snapshot lies inside; null: it has none. */
  readonly snapshotPath: string | null
}

let made: RootFileSystem | null = null

/**
 * The image of a job's container, made in memory: this process's own Node, the libraries it is linked to, the
 * interpreter and the cage's program; no shell, no package manager, nothing to download.
 * @throws Error where `ldd` is not to be had: name an image of your own in DOCKER_IMAGE
 */
export function cageRootFileSystem(): RootFileSystem {
  made ??= build()
  return made
}

function build(): RootFileSystem {
  const cage = fileURLToPath(new URL('./cage/', import.meta.url))
  const snapshot = pythonSnapshot()
  const files: TarEntry[] = [
    { path: 'usr/bin/node', bytes: read(process.execPath), mode: 0o755 },
    ...librariesOf(process.execPath).map((file) => ({ path: file.slice(1), bytes: read(file), mode: 0o755 })),
    { path: 'etc/passwd', bytes: text('job:x:10001:10001::/tmp:/none\n') },
    { path: 'etc/group', bytes: text('job:x:10001:\n') },
    ...below(cage, CONTAINER_CAGE.slice(1)),
    ...below(path.dirname(PYODIDE), CONTAINER_PYODIDE.slice(1)),
    ...(snapshot === null ? [] : [{ path: CONTAINER_SNAPSHOT.slice(1), bytes: read(snapshot) }]),
  ]
  const folders = new Set(['tmp/', 'job/', ...files.flatMap(({ path: file }) => foldersOf(file))])
  const entries = [
    ...[...folders].sort().map((folder) => ({ path: folder, ...(folder === 'tmp/' ? { mode: 0o1777 } : {}) })),
    ...files,
  ]
  const hash = createHash('sha256')
  for (const entry of entries) hash.update(tarEntry(entry))
  return {
    digest: hash.digest('hex'),
    snapshotPath: snapshot === null ? null : CONTAINER_SNAPSHOT,
    archive: () =>
      Readable.from(
        (function* () {
          for (const entry of entries) yield tarEntry(entry)
          yield TAR_END
        })(),
      ),
  }
}

function librariesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...said.matchAll(/(?:=> |^\s*)(\/\S+)/gm)].flatMap(([, file]) => file ?? [])
}

function below(folder: string, to: string): TarEntry[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const [from, into] = [path.join(folder, entry.name), `${to}/${entry.name}`]
    if (entry.isDirectory()) return below(from, into)
    return /\.(map|html|md|ts)$/.test(entry.name) ? [] : [{ path: into, bytes: read(from) }]
  })
}

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1)
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`)
}

const read = (file: string) => new Uint8Array(readFileSync(file))
const text = (content: string) => new TextEncoder().encode(content)
