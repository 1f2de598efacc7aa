import type { Wheel } from '#app/domain/environment.ts'
import { parseWheelName, WHEELS_BYTES_MAX } from '#app/domain/environment.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { Blobs, StagedBlob } from '#db/blobs.server.ts'
import type { SmallFile } from './upload.ts'

type StagedWheel = Wheel & { readonly blob: StagedBlob }

/**
 * Take wheels in and let `name` publish them, in the transaction whose rows name them; of one that cannot be used, none is.
 * What is inside them is looked at by their build, in the cage.
 * @throws AppError `invalid` beside the field `file`
 */
export async function storeWheels<T>(
  blobs: Blobs,
  engagementId: EngagementId,
  files: readonly SmallFile[],
  name: (wheels: readonly StagedWheel[]) => Promise<T>,
): Promise<T> {
  const wheels = files.map((file) => ({ ...wheelOf(file.fileName), bytes: file.bytes }))
  const store = (done: readonly StagedWheel[]): Promise<T> => {
    const next = wheels[done.length]
    if (next === undefined) return name(done)
    const { bytes, ...wheel } = next
    return blobs.write(engagementId, piecesOf(bytes), WHEELS_BYTES_MAX, (blob) => store([...done, { ...wheel, blob }]))
  }
  return store([])
}

function wheelOf(fileName: string): Wheel {
  const wheel = parseWheelName(fileName)
  if (typeof wheel === 'string') throw new AppError('invalid', wheel, { fields: { file: wheel } })
  return wheel
}

/** A stream of one piece. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
