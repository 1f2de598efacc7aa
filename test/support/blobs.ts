import type { EngagementId } from '#app/domain/ids.ts'
import type { Blobs, StagedBlob } from '#db/blobs.server.ts'
import { QUOTA_BYTES_DEFAULT } from '#db/blobs.server.ts'

/** A blob whose bytes nobody reads: a name for rows that need one. */
export function aBlob(sha256 = 'ab'.repeat(32), sizeBytes = 3): StagedBlob {
  return { sha256, sizeBytes, quotaBytes: QUOTA_BYTES_DEFAULT, publish: () => Promise.resolve() }
}

/** Stage a text in a real store, and let `name` publish it. */
export function storing<T>(
  blobs: Blobs,
  engagementId: EngagementId,
  text: string,
  name: (blob: StagedBlob) => Promise<T>,
): Promise<T> {
  async function* content() {
    yield await Promise.resolve(Buffer.from(text))
  }
  return blobs.write(engagementId, content(), 200_000_000, name)
}
