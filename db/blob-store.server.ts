import { diskBlobs } from './blobs-disk.server.ts'
import type { Blobs } from './blobs.server.ts'
import type { Bucket } from './s3-bucket.server.ts'

/** @param options.bucket null for the data folder, which then does without the code of a bucket */
export async function openBlobs(
  dataDir: string,
  options: { readonly bucket: Bucket | null; readonly quotaBytes?: number },
): Promise<Blobs> {
  if (options.bucket === null) return diskBlobs(dataDir, options)
  const { s3Blobs } = await import('./blobs-s3.server.ts')
  return s3Blobs(dataDir, options.bucket, options)
}
