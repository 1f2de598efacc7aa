import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { z } from 'zod'
import { DriftReference } from '#app/domain/drift.ts'
import { EngineOrder, IN_PROCESS } from '#app/domain/serving-engine.ts'
import { syncDir } from '#db/blob-staging.server.ts'
import { Refused } from './probe.ts'
import { Manifest as ModelManifest } from './protocol.ts'

const ONNX_BYTES_MAX = 512 * 1024 * 1024

/** A model's manifest, what its live traffic is compared with, and which engine runs it. */
const Manifest = ModelManifest.extend({
  reference: DriftReference.nullable().default(null),
  order: EngineOrder.default(IN_PROCESS),
})
export type Manifest = z.infer<typeof Manifest>

/** @throws Refused that names what is wrong */
export function parseManifest(body: unknown): Manifest {
  const parsed = Manifest.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') || 'its root'
  throw new Refused('manifest_invalid', `The manifest is not valid at ${where}: ${issue?.message ?? ''}`)
}

/** @throws Refused when it is not below the data folder, too large, or not the one that was registered */
export async function readOnnx(dataDir: string, manifest: Manifest): Promise<Uint8Array> {
  let onnx: Buffer
  try {
    const root = await realpath(dataDir)
    const file = await realpath(path.resolve(root, manifest.onnxPath))
    if (!file.startsWith(root + path.sep)) throw new Refused('path_invalid', 'The model must lie in the data folder.')
    const { size } = await stat(file)
    if (size > ONNX_BYTES_MAX)
      throw new Refused('model_invalid', `The model has ${size} bytes, which is too many to serve.`)
    onnx = await readFile(file)
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused('path_invalid', 'The file of the model cannot be read.')
  }
  const digest = createHash('sha256').update(onnx).digest('hex')
  if (digest !== manifest.onnxSha256)
    throw new Refused('hash_mismatch', 'The file of the model is not the one that was registered: its SHA-256 differs.')
  return new Uint8Array(onnx)
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** The manifests of this model server, one file each: what it should have after any crash. */
export function manifestFolder(dataDir: string) {
  const folder = path.join(dataDir, 'serving')
  const fileOf = (id: string) => path.join(folder, `${id}.json`)
  const find = async (id: string): Promise<Manifest | null> => {
    const text = await readFile(fileOf(id), 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return ''
      throw error
    })
    try {
      return Manifest.safeParse(JSON.parse(text)).data ?? null
    } catch {
      return null
    }
  }
  return {
    /** Null when there is none, or none that can be read: whoever knows what should be here puts it again. */
    find,
    /** A draft that a crash leaves behind lies where unfinished files are swept. */
    save: (id: string, manifest: Manifest) =>
      writeAtomically(fileOf(id), { text: JSON.stringify(manifest), draft: path.join(dataDir, 'tmp', randomUUID()) }),
    /** All that can be read, by the ids of their revisions. */
    async all(): Promise<Map<string, Manifest>> {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      const all = new Map<string, Manifest>()
      for (const id of names.flatMap((name) => /^([0-9a-f-]{36})\.json$/.exec(name)?.[1] ?? [])) {
        const manifest = await find(id)
        if (manifest) all.set(id, manifest)
      }
      return all
    },
    async remove(id: string): Promise<void> {
      await unlink(fileOf(id)).catch((error: unknown) => {
        if (!isMissing(error)) throw error
      })
    },
  }
}

/**
 * All of it or nothing, also when the machine stops in between. Readable by this user alone: a manifest holds rows of the
 * data on which its model was trained.
 */
async function writeAtomically(
  file: string,
  { text, draft }: { readonly text: string; readonly draft: string },
): Promise<void> {
  for (const folder of [path.dirname(file), path.dirname(draft)]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
  await syncDir(path.dirname(file))
}
