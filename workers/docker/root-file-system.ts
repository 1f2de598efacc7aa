import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { TarEntry } from '#app/domain/tar.ts'
import { TAR_END, tarEntry } from '#app/domain/tar.ts'

/** Who a container's program is: nobody on the host. */
export const CONTAINER_USER = '10001:10001'

/** A root file system ready to be imported, and a name that only this content has. */
export interface RootFileSystem {
  /** SHA-256 of the archive, lower-case hexadecimal. */
  readonly digest: string
  readonly archive: () => Readable
}

/**
 * A root file system made in memory: this process's own Node, the libraries it is linked to, and the given files; no
 * shell, no package manager, nothing to download.
 * @param given asked for again whenever the archive is made
 * @throws Error where `ldd` is not to be had
 */
export function rootFileSystem(given: () => readonly TarEntry[]): RootFileSystem {
  const hash = createHash('sha256')
  for (const entry of entriesOf(given())) hash.update(tarEntry(entry))
  // Read again when it is imported: hundreds of megabytes are not kept for that.
  return { digest: hash.digest('hex'), archive: () => archiveOf(entriesOf(given())) }
}

function entriesOf(given: readonly TarEntry[]): TarEntry[] {
  const files: TarEntry[] = [
    { path: 'usr/bin/node', bytes: read(process.execPath), mode: 0o755 },
    ...librariesOf(process.execPath).map((file) => ({ path: file.slice(1), bytes: read(file), mode: 0o755 })),
    { path: 'etc/passwd', bytes: text(`job:x:${CONTAINER_USER}::/tmp:/none\n`) },
    { path: 'etc/group', bytes: text(`job:x:${CONTAINER_USER.split(':')[1] ?? ''}:\n`) },
    ...given,
  ]
  const folders = new Set(['tmp/', 'job/', ...files.flatMap(({ path: file }) => foldersOf(file))])
  return [
    ...[...folders].sort().map((folder) => ({ path: folder, ...(folder === 'tmp/' ? { mode: 0o1777 } : {}) })),
    ...files,
  ]
}

export function archiveOf(entries: readonly TarEntry[]): Readable {
  return Readable.from(
    (function* () {
      for (const entry of entries) yield tarEntry(entry)
      yield TAR_END
    })(),
  )
}

function librariesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...said.matchAll(/(?:=> |^\s*)(\/\S+)/gm)].flatMap(([, file]) => file ?? [])
}

/** The files below a folder that a program can need, to lie below `to`. */
export function below(folder: string, to: string): TarEntry[] {
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

export const read = (file: string) => new Uint8Array(readFileSync(file))
const text = (content: string) => new TextEncoder().encode(content)
