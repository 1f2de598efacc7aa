import type { EngineOrder, EngineStatus, ServingEngineName } from '#app/domain/serving-engine.ts'
import type { Model } from '../model.ts'
import { openModel } from '../model.ts'
import type { Signature } from '../protocol.ts'

/** A revision, and all that an engine needs to bring it up. */
export interface ModelOrder extends EngineOrder {
  /** The deployment's id. */
  readonly id: string
  readonly onnx: Uint8Array
  readonly onnxSha256: string
  readonly signature: Signature
}

/** A revision that answers. */
export interface OpenedModel extends Model {
  /** Where it runs now, for the people who look after it. */
  status(): EngineStatus
}

/** The engine does not answer, so that nothing can be said of what it runs. */
export class EngineAway extends Error {}

/** What brings revisions up and keeps them. All methods are safe to repeat. */
export interface ServingEngine {
  /**
   * Bring a revision up beside what may run of it already, and wait until it can be asked.
   * @param onLost called once when it cannot be asked any more and was not released
   * @throws EngineAway; ModelError when the file is no model
   */
  open(order: ModelOrder, onLost: () => void): Promise<OpenedModel>
  /** Take all away that runs of a revision. @throws EngineAway: `reap` does it later */
  remove(id: string): Promise<void>
  /**
   * Take away what runs for nobody, whoever left it behind.
   * @param wanted ids of the revisions that are to run, and the names of their images
   * @returns a sentence for each thing that was taken away
   * @throws EngineAway
   */
  reap(wanted: { readonly ids: ReadonlySet<string>; readonly orders: readonly ImageOrder[] }): Promise<string[]>
}

/** What the image of a model is made of. */
export type ImageOrder = Pick<ModelOrder, 'onnxSha256' | 'signature'>

export type ServingEngines = Readonly<Partial<Record<ServingEngineName, ServingEngine>>>

/** This process itself. */
export const inProcess: ServingEngine = {
  async open({ onnx, signature }) {
    const model = await openModel(onnx, signature)
    return { ...model, status: () => ({ state: 'running', detail: 'in the model server' }) }
  },
  remove: () => Promise.resolve(),
  reap: () => Promise.resolve([]),
}
