import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Bucket } from './s3-bucket.server.ts'
import { bucketWords } from './s3-bucket.server.ts'
import { bucketClient } from './s3-client.server.ts'

const PATIENCE_MS = 15_000

const WORDS: Record<string, string> = {
  CredentialsProviderError: 'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  NoSuchBucket: 'there is no such bucket',
  InvalidAccessKeyId: 'the access key is unknown there',
  SignatureDoesNotMatch: 'the secret key is wrong',
  AccessDenied: 'these credentials may not list, write, read and delete there',
  ExpiredToken: 'the session token is too old',
  PermanentRedirect: 'the bucket is in another region than AWS_REGION says',
  AuthorizationHeaderMalformed: 'the bucket is in another region than AWS_REGION says',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  TimeoutError: 'no answer',
  AbortError: 'no answer',
}

/**
 * Do once with a bucket what is done with artifacts: write, read, list, remove.
 * @returns null, or a sentence that says why it cannot be done; it repeats no secret
 */
export async function bucketFault(bucket: Bucket): Promise<string | null> {
  const client = bucketClient(bucket)
  const target = { Bucket: bucket.name, Key: `${bucket.prefix}probe-${String(process.pid)}` }
  const options = { abortSignal: AbortSignal.timeout(PATIENCE_MS) }
  try {
    await client.send(new PutObjectCommand({ ...target, Body: 'probe' }), options)
    const { Body } = await client.send(new GetObjectCommand(target), options)
    if ((await Body?.transformToString()) !== 'probe') throw new Error('other bytes come back')
    await client.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: target.Key }), options)
    await client.send(new DeleteObjectCommand(target), options)
    return null
  } catch (error) {
    const where = `${bucketWords(bucket)} at ${bucket.endpoint ?? `Amazon in ${bucket.region}`}`
    return `ARTIFACT_STORE ${where} cannot be used: ${wordsOf(error)}.`
  } finally {
    client.destroy()
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const codes = ['code' in error ? String(error.code) : '', error.name]
  const known = codes.map((code) => WORDS[code]).find((words) => words !== undefined)
  if (known !== undefined) return known
  return error.name === 'Error' ? error.message : error.name
}
