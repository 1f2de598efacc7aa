import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect } from 'vitest'
import { endToken } from '#app/commands/tokens.ts'
import type { TokenId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { query } from '#test/support/database.ts'
import { as } from '#test/support/factories.ts'
import type { Client } from '#test/support/http.ts'
import { answered, aRun, ARTIFACTS, test } from '#test/support/http.ts'

async function aPlace(client: Client) {
  const run_id = await aRun(client)
  const { body } = await client.get('runs/get', { run_id })
  return { run_id, place: String(body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '') }
}

describe('artifacts', () => {
  test('are stored, listed, read in whole and in part, replaced and deleted', async ({ client }) => {
    const { run_id, place } = await aPlace(client)
    expect((await client.put(`${place}/a/b.txt`, 'hello world')).body).toEqual({})
    await client.put(`${place}/naïve ✓.txt`, 'x')
    const list = async (folder: string) =>
      (await client.raw(`${ARTIFACTS}?path=${encodeURIComponent(place + folder)}`)).body
    expect((await list('')).files).toEqual([
      { path: 'a', is_dir: true },
      { path: 'naïve ✓.txt', is_dir: false, file_size: 1 },
    ])
    expect((await list('/a')).files).toEqual([{ path: 'b.txt', is_dir: false, file_size: 11 }])
    expect(await list('/none')).toEqual({})
    expect((await client.get('artifacts/list', { run_id, path: 'a' })).body.files).toEqual([
      { path: 'a/b.txt', is_dir: false, file_size: 11 },
    ])

    const get = (headers: Record<string, string> = {}, method = 'GET') =>
      client.raw(`${ARTIFACTS}/${place}/a/b.txt`, { headers, method })
    const whole = await get()
    expect([whole.status, whole.text]).toEqual([200, 'hello world'])
    expect(whole.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    const part = await get({ range: 'bytes=6-8' })
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, 'wor', 'bytes 6-8/11'])
    expect((await get({ range: 'bytes=-5' })).text).toBe('world')
    expect((await get({ range: 'bytes=6-' })).text).toBe('world')
    expect((await get({ range: 'bytes=11-' })).status).toBe(416)
    expect((await get({ range: 'bytes=0-1,3-4' })).status).toBe(200)
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).text).toBe('hello world')
    const head = await get({}, 'HEAD')
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '11'])
    expect((await get({ 'if-none-match': whole.headers.get('etag') ?? '' })).status).toBe(304)

    await client.put(`${place}/a/b.txt`, 'new')
    expect((await get()).text).toBe('new')
    expect((await client.raw(`${ARTIFACTS}/${place}/a`, { method: 'DELETE' })).body).toEqual({})
    const gone = await get()
    expect([gone.status, gone.body.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
  })

  test('never leave the engagement’s own folder, whatever the path says', async ({ client, server }) => {
    const { place } = await aPlace(client)
    await client.put(`${place}/ok.txt`, 'ok')
    const paths = [
      '..%2f..%2fx',
      '%2e%2e%2fx',
      '%252e%252e%252fx/..%5cx',
      'a/..%5c..%5cx',
      'a%00.txt',
      'a%0a.txt',
      '%2fetc%2fpasswd',
      'C:%5cx',
      'a//b',
      `${'a'.repeat(1001)}`,
      '%ff%fe',
    ]
    for (const wrong of paths) {
      for (const method of ['PUT', 'GET', 'DELETE']) {
        const answer = await client.raw(`${ARTIFACTS}/${place}/${wrong}`, {
          method,
          ...(method === 'PUT' ? { body: 'x' } : {}),
        })
        expect([method, wrong, answer.status, answer.body.error_code]).toEqual([
          method,
          wrong,
          400,
          'INVALID_PARAMETER_VALUE',
        ])
      }
    }
    for (const folder of ['..', '../..', `${place}/..`, `${place}/../..`, '/etc', place.replace('artifacts', 'other')])
      expect((await client.raw(`${ARTIFACTS}?path=${encodeURIComponent(folder)}`)).status).toBe(400)
    const stored = (await readdir(server.dataDir, { recursive: true })).filter((name) => !name.startsWith('tmp'))
    const digest = createHash('sha256').update('ok').digest('hex')
    expect(stored.filter((name) => path.basename(name).length > 36)).toEqual([
      expect.stringMatching(new RegExp(`^artifacts/[0-9a-f-]{36}/${digest.slice(0, 2)}/${digest}$`)),
    ])
  })

  test('come in parts, which only the secret in their address lets in', async ({ client, server, stranger }) => {
    const { place } = await aPlace(client)
    const [folder, parts] = [`${place}/big`, [randomBytes(1000), randomBytes(500)]]
    const mpu = (verb: string, body: unknown, who = client) =>
      who.raw(`/api/2.0/mlflow-artifacts/mpu/${verb}/${folder}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const begun = await mpu('create', { path: '/home/ann/file.bin', num_parts: 2 })
    const { upload_id, credentials } = begun.body
    const etags: string[] = []
    for (const [at, part] of parts.entries()) {
      const url = String(credentials?.[at]?.url)
      const wrong = await fetch(url.replace(/secret=./, 'secret=-'), { method: 'PUT', body: new Uint8Array(part) })
      expect(wrong.status).toBe(404)
      const sent = await fetch(url, { method: 'PUT', body: new Uint8Array(part) })
      expect(sent.status).toBe(200)
      etags.push(sent.headers.get('etag') ?? '')
    }
    const finish = (order: number[], who = client) =>
      mpu(
        'complete',
        { path: 'file.bin', upload_id, parts: order.map((at) => ({ part_number: at + 1, etag: etags[at] })) },
        who,
      )
    expect((await finish([0])).status).toBe(400)
    expect((await finish([0, 0])).status).toBe(400)
    expect((await finish([0, 1], stranger)).status).toBe(404)
    expect((await finish([1, 0])).body).toEqual({})
    const read = await server.fetch(`${ARTIFACTS}/${folder}/file.bin`, {
      headers: { authorization: `Bearer ${client.token}` },
    })
    expect(Buffer.from(await read.arrayBuffer())).toEqual(Buffer.concat(parts))
    expect((await finish([0, 1])).status).toBe(404)
    const aborted = await mpu('create', { path: 'other.bin', num_parts: 1 })
    expect((await mpu('abort', { path: 'other.bin', upload_id: aborted.body.upload_id })).body).toEqual({})
    const late = await fetch(String(aborted.body.credentials?.[0]?.url), { method: 'PUT', body: 'x' })
    expect(late.status).toBe(404)
  })

  test('take no part a day after they were begun', async ({ client, database }) => {
    const { place } = await aPlace(client)
    const begun = await client.raw(`/api/2.0/mlflow-artifacts/mpu/create/${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'file.bin', num_parts: 1 }),
    })
    const put = () => fetch(String(begun.body.credentials?.[0]?.url), { method: 'PUT', body: 'x' })
    expect((await put()).status).toBe(200)
    await query(database.ownerUrl, (sql) => sql`update uploads set created_at = created_at - interval '25 hours'`)
    expect((await put()).status).toBe(404)
  })

  test('take no part once the token they were begun with is revoked', async ({ client, pools, fixture, database }) => {
    const { place } = await aPlace(client)
    const begun = await client.raw(`/api/2.0/mlflow-artifacts/mpu/create/${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'file.bin', num_parts: 2 }),
    })
    const put = (part: number) => fetch(String(begun.body.credentials?.[part]?.url), { method: 'PUT', body: 'x' })
    expect((await put(0)).status).toBe(200)
    const [row] = await query(database.ownerUrl, (sql) => sql`select id from api_tokens`)
    await endToken(as(pools, fixture.lead, new Date()), {
      engagementId: fixture.engagementId,
      tokenId: toId<TokenId>(row?.id),
    })
    const refused = await answered(await put(1))
    expect([refused.status, refused.body.error_code]).toEqual([401, 'UNAUTHENTICATED'])
    expect((await answered(await put(0))).status).toBe(401)
  })

  test('of a token that is revoked while the bytes come in are not named', async ({
    client,
    pools,
    fixture,
    server,
    database,
  }) => {
    const { run_id, place } = await aPlace(client)
    const [row] = await query(database.ownerUrl, (sql) => sql`select id from api_tokens`)
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from('first '))
        await new Promise((resolve) => setTimeout(resolve, 300))
        await endToken(as(pools, fixture.lead, new Date()), {
          engagementId: fixture.engagementId,
          tokenId: toId<TokenId>(row?.id),
        })
        // What a token was good for a second ago may be remembered so long.
        await new Promise((resolve) => setTimeout(resolve, 1100))
        controller.enqueue(Buffer.from('second'))
        controller.close()
      },
    })
    const init = { method: 'PUT', body, duplex: 'half', headers: { authorization: `Bearer ${client.token}` } }
    const answer = await server.fetch(`${ARTIFACTS}/${place}/late.txt`, init as RequestInit) // `duplex` is Node's own
    expect(answer.status).toBe(401)
    expect(await query(database.ownerUrl, (sql) => sql`select 1 from artifacts where run_id = ${run_id}`)).toEqual([])
    expect(await readdir(path.join(server.dataDir, 'tmp'))).toEqual([])
  })

  test('beyond the engagement’s limit are refused before and while they come', async ({
    client,
    database,
    fixture,
  }) => {
    const { place } = await aPlace(client)
    const limit = (bytes: number) =>
      query(
        database.ownerUrl,
        (sql) => sql`insert into storage_quotas (engagement_id, limit_bytes) values (${fixture.engagementId}, ${bytes})
          on conflict (engagement_id) do update set limit_bytes = excluded.limit_bytes`,
      )
    await limit(10)
    const refused = await client.put(`${place}/a.txt`, 'x'.repeat(11))
    expect([refused.status, refused.body.error_code]).toEqual([400, 'INVALID_STATE'])
    expect(String(refused.body.message)).toMatch(/may hold 1 KiB/)
    expect((await client.put(`${place}/a.txt`, 'x'.repeat(10))).status).toBe(200)
    const begun = await client.raw(`/api/2.0/mlflow-artifacts/mpu/create/${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'file.bin', num_parts: 1 }),
    })
    expect([begun.status, begun.body.error_code]).toEqual([400, 'INVALID_STATE'])
  })
})
