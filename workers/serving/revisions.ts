import type { DriftReference } from '#app/domain/drift.ts'
import type { EngineOrder, EngineStatus, ServingEngineName } from '#app/domain/serving-engine.ts'
import { SERVING_ENGINE_WORDS } from '#app/domain/serving-engine.ts'
import type { OpenedModel, ServingEngine, ServingEngines } from './engines/engine.ts'
import { EngineAway } from './engines/engine.ts'
import type { Manifest } from './manifests.ts'
import { manifestFolder, parseManifest, readOnnx } from './manifests.ts'
import type { Model } from './model.ts'
import { ModelError } from './model.ts'
import type { Probe, ProbeFailure } from './probe.ts'
import { probed, Refused } from './probe.ts'
import type { Signature } from './protocol.ts'

/** What could not be brought up is not tried again by every request that comes meanwhile. */
const AGAIN_MS = 1000
/** How long it is remembered why something could not be put here; longer than the pause before the next attempt. */
const ARRIVING_MS = 180_000

export interface Revision {
  readonly signature: Signature
  readonly model: Model
  readonly reference: DriftReference | null
}

interface Opened extends Revision {
  readonly model: OpenedModel
}

/** A revision that is being brought up, answers, or just failed. */
interface Entry {
  readonly engine: ServingEngineName
  readonly opened: Promise<Opened>
  status: () => EngineStatus
}

export type ProbeResult =
  | ({ readonly passed: true } & Probe)
  | { readonly passed: false; readonly error: ProbeFailure; readonly message: string }

/** The revisions of this process: manifests on disk, and whatever answers for those used last. */
export function revisionStore({
  dataDir,
  sessionsMax,
  engines,
}: {
  readonly dataDir: string
  /** How many models are kept in the memory of this process. */
  readonly sessionsMax: number
  readonly engines: ServingEngines
}) {
  const manifests = manifestFolder(dataDir)
  /** In order of use, the last used last. */
  const entries = new Map<string, Entry>()
  /** Those that are being put here, or could not be a moment ago. */
  const arriving = new Map<string, Entry>()

  function keep(id: string, entry: Entry): void {
    drop(id)
    entries.set(id, entry)
    const sessions = [...entries].filter(([, { engine }]) => engine === 'onnx')
    for (const [oldest] of sessions.slice(0, Math.max(0, sessions.length - sessionsMax))) drop(oldest)
  }

  function drop(id: string): void {
    const entry = entries.get(id)
    entries.delete(id)
    entry?.opened.then((opened) => opened.model.release()).catch(() => undefined)
  }

  function forget(id: string, entry: Entry): void {
    if (entries.get(id) === entry) entries.delete(id)
  }

  function start(id: string, manifest: Manifest): Entry {
    const engine = engineOf(manifest.order.engine)
    const entry: Entry = {
      engine: manifest.order.engine,
      opened: open(engine, { id, dataDir, manifest }, () => forget(id, entry)),
      status: () => ({ state: 'starting', detail: 'being started' }),
    }
    entry.opened.then(
      ({ model }) => (entry.status = () => model.status()),
      (error: unknown) => {
        entry.status = () => failureStatus(error)
        setTimeout(() => forget(id, entry), AGAIN_MS).unref()
      },
    )
    return entry
  }

  function engineOf(name: ServingEngineName): ServingEngine {
    const engine = engines[name]
    if (engine) return engine
    throw new Refused('engine_absent', `This installation has no engine for “${SERVING_ENGINE_WORDS[name]}” any more.`)
  }

  async function find(id: string): Promise<Revision | null> {
    const known = entries.get(id)
    if (known !== undefined) {
      entries.delete(id)
      entries.set(id, known)
      return known.opened
    }
    const manifest = await manifests.find(id)
    if (manifest === null) return null
    // Somebody else may have asked for it meanwhile.
    const entry = entries.get(id) ?? start(id, manifest)
    if (entries.get(id) !== entry) keep(id, entry)
    return entry.opened
  }

  return {
    /**
     * The revision, ready to be asked; null when it was never put here.
     * @throws Refused, ModelError or EngineAway when it cannot be brought up now
     */
    find,

    /**
     * Check that a revision predicts what its training code predicted, and keep it if so. Safe to repeat: what answers
     * already goes on until the new one does.
     * @throws EngineAway
     */
    async put(id: string, body: unknown): Promise<ProbeResult> {
      try {
        const manifest = parseManifest(body)
        const entry = start(id, manifest)
        arriving.set(id, entry)
        setTimeout(() => arriving.get(id) === entry && arriving.delete(id), ARRIVING_MS).unref()
        const opened = await entry.opened
        try {
          const probe = await probed(opened.model, manifest)
          // In this order: who keeps order by the manifests must not bring it up a second time.
          keep(id, entry)
          await manifests.save(id, manifest)
          arriving.delete(id)
          return { passed: true, ...probe }
        } catch (error) {
          forget(id, entry)
          await opened.model.release()
          throw error
        }
      } catch (error) {
        if (error instanceof Refused) return { passed: false, error: error.error, message: error.message }
        throw error
      }
    },

    /** All revisions that were put here and not removed, and how each is to run. */
    async list(): Promise<{ readonly id: string; readonly order: EngineOrder }[]> {
      return [...(await manifests.all())].map(([id, { order }]) => ({ id, order }))
    },

    async remove(id: string): Promise<void> {
      const manifest = await manifests.find(id)
      await manifests.remove(id)
      drop(id)
      await engines[manifest?.order.engine ?? 'onnx']?.remove(id).catch((error: unknown) => {
        // What runs of it is taken away when the engine is back.
        if (!(error instanceof EngineAway)) throw error
      })
    },

    /** Let go of every model. What runs by itself elsewhere goes on. */
    async release(): Promise<void> {
      const opened = [...entries.values()].map((entry) => entry.opened)
      entries.clear()
      await Promise.allSettled(opened.map(async (each) => (await each).model.release()))
    },

    /** Null when it was never put here. */
    async status(id: string): Promise<EngineStatus | null> {
      const entry = entries.get(id) ?? arriving.get(id)
      if (entry) return entry.status()
      return (await manifests.find(id)) && { state: 'starting', detail: 'started when it is asked' }
    },

    /**
     * Make what runs outside of this process equal to the manifests: what was taken away by hand comes back, what
     * belongs to nobody goes.
     */
    async reconcile(say: (sentence: string) => void): Promise<void> {
      const outside = new Map([...(await manifests.all())].filter(([, { order }]) => order.engine !== 'onnx'))
      for (const id of outside.keys()) {
        if (entries.has(id)) continue
        await find(id).then(
          () => say(`brought revision ${id} up`),
          (error: unknown) => say(`revision ${id} cannot be brought up: ${failureStatus(error).detail}`),
        )
      }
      const wanted = { ids: new Set(outside.keys()), orders: [...outside.values()] }
      for (const engine of Object.values(engines)) for (const sentence of await engine.reap(wanted)) say(sentence)
    },
  }
}

function failureStatus(error: unknown): EngineStatus {
  return {
    state: error instanceof EngineAway ? 'away' : 'broken',
    detail: (error instanceof Error ? error.message : String(error)).slice(0, 2000),
  }
}

async function open(
  engine: ServingEngine,
  { id, dataDir, manifest }: { readonly id: string; readonly dataDir: string; readonly manifest: Manifest },
  onLost: () => void,
): Promise<Opened> {
  const { onnxSha256, signature, reference, order } = manifest
  const onnx = await readOnnx(dataDir, manifest)
  try {
    const model = await engine.open({ id, onnx, onnxSha256, signature, ...order }, onLost)
    return { signature, model, reference }
  } catch (error) {
    if (error instanceof ModelError) throw new Refused('model_invalid', error.message)
    throw error
  }
}
