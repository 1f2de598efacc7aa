import { S3Client } from '@aws-sdk/client-s3'
import type { Bucket } from './s3-bucket.server.ts'

/**
 * A client for one bucket. Checksums beyond those that S3 always had are left out: many compatible servers refuse them,
 * and what is sent carries its MD5 and a signature of its SHA-256.
 */
export function bucketClient(bucket: Bucket): S3Client {
  const agent = { keepAlive: true, maxSockets: 400 }
  return new S3Client({
    region: bucket.region,
    forcePathStyle: bucket.isPathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 4,
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: 180_000,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(bucket.endpoint === null ? {} : { endpoint: bucket.endpoint }),
  })
}
