import { randomBytes, randomUUID } from 'node:crypto'
import type { AnyId, RunId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'

/** A new random id of whichever kind is asked for. */
export function newId<T extends AnyId>(): T {
  return toId<T>(randomUUID())
}

/** A new run id, as MLflow makes them. */
export function newRunId(): RunId {
  return toRunId(randomBytes(16).toString('hex'))
}

/** A new id of a logged model, as MLflow makes them. */
export function newLoggedModelId(): string {
  return `m-${randomBytes(16).toString('hex')}`
}
