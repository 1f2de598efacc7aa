import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { ModelError, openModel, type Model } from './model.ts'
import type { z } from 'zod'
import { DriftReference } from '#app/domain/drift.ts'
import {
  Manifest as ModelManifest,
  maxAbsDiff,
  parseInvocation,
  RequestError,
  TOLERANCE,
  type Signature,
} from './protocol.ts'

const ONNX_BYTES_MAX = 512 * 1024 * 1024

/** A model's manifest, and what its live traffic is compared with. */
const Manifest = ModelManifest.extend({ reference: DriftReference.nullable().default(null) })
type Manifest = z.infer<typeof Manifest>

export interface Revision {
  signature: Signature
  model: Model
  reference: DriftReference | null
}

export type ProbeFailure =
  'manifest_invalid' | 'path_invalid' | 'hash_mismatch' | 'model_invalid' | 'example_invalid' | 'prediction_mismatch'

export type ProbeResult =
  | { passed: true; maxAbsDiff: number; tolerance: number; latencyMs: number }
  | { passed: false; error: ProbeFailure; message: string }

/** A revision that must not be served, and why. */
export class Refused extends Error {
  readonly error: ProbeFailure
  constructor(error: ProbeFailure, message: string) {
    super(message)
    this.error = error
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** The revisions of this process: manifests on disk, and a warm session for each of those used last. */
export function revisionStore(dataDir: string, sessionsMax: number) {
  const folder = path.join(dataDir, 'serving')
  const manifestPath = (id: string) => path.join(folder, `${id}.json`)
  /** In order of use, the last used last. */
  const warm = new Map<string, Promise<Revision | null>>()

  function keep(id: string, revision: Promise<Revision | null>): void {
    drop(id)
    warm.set(id, revision)
    while (warm.size > sessionsMax) {
      const [oldest] = warm.keys()
      if (oldest === undefined) return
      drop(oldest)
    }
  }

  function drop(id: string): void {
    const revision = warm.get(id)
    warm.delete(id)
    void revision?.then((opened) => opened?.model.release()).catch(() => undefined)
  }

  async function load(id: string): Promise<Revision | null> {
    let text: string
    try {
      text = await readFile(manifestPath(id), 'utf8')
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
    const manifest = Manifest.parse(JSON.parse(text))
    return openManifest(dataDir, manifest)
  }

  return {
    /** The revision, warm; null when it was never put here. */
    async find(id: string): Promise<Revision | null> {
      const known = warm.get(id)
      if (known !== undefined) {
        warm.delete(id)
        warm.set(id, known)
        return known
      }
      const loading = load(id)
      keep(id, loading)
      const forget = () => {
        if (warm.get(id) === loading) warm.delete(id)
      }
      loading.then((revision) => (revision === null ? forget() : undefined), forget)
      return loading
    },

    /** Check that a revision predicts what its training code predicted, and keep it if so. Safe to repeat. */
    async put(id: string, body: unknown): Promise<ProbeResult> {
      let opened: Revision | null = null
      try {
        const manifest = parseManifest(body)
        opened = await openManifest(dataDir, manifest)
        const probe = await probed(opened, manifest)
        await writeAtomically(manifestPath(id), JSON.stringify(manifest))
        keep(id, Promise.resolve(opened))
        return probe
      } catch (error) {
        await opened?.model.release()
        if (error instanceof Refused) return { passed: false, error: error.error, message: error.message }
        throw error
      }
    },

    /** Ids of all revisions that were put here and not removed. */
    async list(): Promise<string[]> {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      return names.flatMap((name) => /^([0-9a-f-]{36})\.json$/.exec(name)?.[1] ?? [])
    },

    async remove(id: string): Promise<void> {
      drop(id)
      await unlink(manifestPath(id)).catch((error: unknown) => {
        if (!isMissing(error)) throw error
      })
    },
  }
}

function parseManifest(body: unknown): Manifest {
  const parsed = Manifest.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') || 'its root'
  throw new Refused('manifest_invalid', `The manifest is not valid at ${where}: ${issue?.message ?? ''}`)
}

async function openManifest(dataDir: string, manifest: Manifest): Promise<Revision> {
  const onnx = await readOnnx(dataDir, manifest)
  try {
    return {
      signature: manifest.signature,
      model: await openModel(onnx, manifest.signature),
      reference: manifest.reference,
    }
  } catch (error) {
    if (error instanceof ModelError) throw new Refused('model_invalid', error.message)
    throw error
  }
}

async function readOnnx(dataDir: string, manifest: Manifest): Promise<Uint8Array> {
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

async function probed(revision: Revision, manifest: Manifest): Promise<ProbeResult> {
  try {
    const columns = parseInvocation(revision.signature, manifest.example)
    const served = await revision.model.predict(columns)
    const difference = maxAbsDiff(served, manifest.expected)
    if (difference === null)
      throw new Refused(
        'prediction_mismatch',
        'The example gives another number of predictions than were stored, or one that is not finite.',
      )
    if (difference > TOLERANCE)
      throw new Refused(
        'prediction_mismatch',
        `The served predictions differ from the stored ones by up to ${difference.toPrecision(3)}; ${TOLERANCE} is allowed.`,
      )
    // The first prediction warms the session up; the second is what a caller will see.
    const startedAt = performance.now()
    await revision.model.predict(columns)
    return { passed: true, maxAbsDiff: difference, tolerance: TOLERANCE, latencyMs: performance.now() - startedAt }
  } catch (error) {
    if (error instanceof Refused) throw error
    if (error instanceof RequestError)
      throw new Refused('example_invalid', `The stored example does not fit the signature. ${error.message}`)
    throw new Refused('example_invalid', 'The model could not predict the stored example.')
  }
}

/** All of it or nothing, also when the machine stops in between. */
async function writeAtomically(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}.tmp`
  const handle = await open(draft, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
  const folder = await open(path.dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
