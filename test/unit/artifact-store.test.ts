import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentsOf } from '#workers/supervisor/environments.ts'
import { ensureStore } from '#workers/supervisor/checks.ts'
import { readSettings } from '#workers/supervisor/settings.ts'

const SECRETS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'very-secret' }

describe('where artifacts are kept', () => {
  test('is the data folder, unless a bucket is named', () => {
    expect(readSettings({ ...SECRETS })).toMatchObject({ bucket: null, store: {} })
    expect(readSettings({ ARTIFACT_STORE: 's3://some-bucket', AWS_REGION: 'eu-central-1' }).bucket).toEqual({
      ...{ name: 'some-bucket', prefix: '', endpoint: null, region: 'eu-central-1', isPathStyle: false },
      cacheBytes: 10_737_418_240,
    })
    const given = { ARTIFACT_STORE: 's3://b.x-1/a/b/', S3_ENDPOINT: 'http://10.0.0.1:9000', ARTIFACT_CACHE_BYTES: '5' }
    expect(readSettings(given).bucket).toEqual({
      ...{ name: 'b.x-1', prefix: 'a/b/', endpoint: 'http://10.0.0.1:9000/', region: 'us-east-1', isPathStyle: true },
      cacheBytes: 5,
    })
    expect(readSettings({ ...given, S3_PATH_STYLE: 'off' }).bucket?.isPathStyle).toBe(false)
  })

  test.each([
    [{ ARTIFACT_STORE: 'disk' }, /^ARTIFACT_STORE must be s3:\/\/BUCKET or s3:\/\/BUCKET\/PREFIX, not “disk”\.$/],
    [{ ARTIFACT_STORE: 's3://Bucket' }, /^ARTIFACT_STORE must be/],
    [{ ARTIFACT_STORE: 's3://bucket/../other' }, /^ARTIFACT_STORE must be/],
    [{ ARTIFACT_STORE: 's3://bucket' }, /^ARTIFACT_STORE needs AWS_REGION/],
    [{ ARTIFACT_STORE: 's3://bucket', S3_ENDPOINT: 'ftp://host' }, /^S3_ENDPOINT must be an address/],
    [
      { ARTIFACT_STORE: 's3://bucket', S3_ENDPOINT: 'http://u:very-secret@host' },
      /^S3_ENDPOINT must be [^:]*https:[^@]*$/,
    ],
    [{ ARTIFACT_STORE: 's3://bucket', AWS_REGION: 'x', S3_PATH_STYLE: 'yes' }, /^S3_PATH_STYLE must be on or off/],
    [{ ARTIFACT_STORE: 's3://bucket', AWS_REGION: 'x', ARTIFACT_CACHE_BYTES: '1 GB' }, /^ARTIFACT_CACHE_BYTES must be/],
  ])('is refused in one sentence when it is wrong: %o', (environment, sentence) => {
    expect(() => readSettings({ ...environment, ...SECRETS })).toThrow(sentence)
    expect(() => readSettings({ ...environment, ...SECRETS })).not.toThrow(/very-secret/)
  })

  test('is told, with its keys, to those who read and write artifacts, and not to the model server', () => {
    const settings = readSettings({ ...SECRETS, ARTIFACT_STORE: 's3://bucket', AWS_REGION: 'x' })
    const links = { webUrl: '', workerUrl: '', queueUrl: '', servingPort: 1, servingSecret: '', instanceSecret: '' }
    const { web, worker, seed, serving } = environmentsOf(settings, links)
    for (const told of [web, worker, seed]) expect(told).toMatchObject({ ...SECRETS, ARTIFACT_STORE: 's3://bucket' })
    expect(Object.keys(serving).filter((name) => /AWS|ARTIFACT/.test(name))).toEqual([])
  })

  test('is no bucket while artifacts lie in the data folder', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    const { bucket } = readSettings({ ARTIFACT_STORE: 's3://bucket/place', S3_ENDPOINT: 'http://127.0.0.1:1' })
    await ensureStore({ bucket: null, dataDir })
    await expect(ensureStore({ bucket, dataDir })).rejects.toThrow(/cannot be used: /)
    await mkdir(path.join(dataDir, 'artifacts'))
    await writeFile(path.join(dataDir, 'artifacts', 'one'), '')
    await expect(ensureStore({ bucket, dataDir })).rejects.toThrow(
      `${dataDir}/artifacts holds artifacts that would not be found in the bucket: copy it to s3://bucket/place/artifacts, then rename it.`,
    )
    await rm(dataDir, { recursive: true })
  })
})
