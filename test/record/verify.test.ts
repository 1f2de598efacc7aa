import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import { sendProblem } from '#app/commands/problems.ts'
import { signCheckpoint } from '#app/commands/checkpoints.ts'
import { fileFault, RecordFile } from '#app/domain/record.ts'
import { dossierContent, recordFileContent, sealFile } from '#app/server/dossier.server.ts'
import { printDecision, printDossier } from '#app/server/record-pdf.server.ts'
import { openDatabase } from '#db/client.server.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import { CRYPTOGRAPHY, openRecordKey } from '#db/record-key.server.ts'
import { verifyDatabase } from '#db/verify-record.ts'
import { query, test as base } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import {
  actorOf,
  aFirm,
  anEngagement,
  as,
  aSignedCriterion,
  aSignedProblem,
  NOW,
  openPools,
  ORIGIN,
} from '#test/support/factories.ts'

interface Fixtures {
  pools: Pools
  dataDir: string
  fixture: EngagementFixture
}

/** Four decisions of one client, with a signed checkpoint at the end. */
const test = base.extend<Fixtures>({
  pools: async ({ database }, use) => {
    const pools = openPools(database)
    await use(pools)
    await pools.close()
  },
  // The empty pattern is how Vitest learns that the fixture needs no other.
  // eslint-disable-next-line no-empty-pattern
  dataDir: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'record-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  fixture: async ({ pools, dataDir }, use) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, fixture)
    const key = await openRecordKey(dataDir)
    await pools.worker.as({}, (tx) => signCheckpoint(tx, key, { organisationId: fixture.organisationId, now: NOW }))
    await use(fixture)
  },
})

async function verify(ownerUrl: string, dataDir: string) {
  const database = openDatabase(ownerUrl, { connectionsMax: 1, name: 'test verification' })
  const key = await openRecordKey(dataDir)
  try {
    return await verifyDatabase(database, key.keyId, CRYPTOGRAPHY)
  } finally {
    await database.close()
  }
}

/** As the owner, past triggers: what an operator with the database could do. */
function alter(ownerUrl: string, statement: string) {
  return query(ownerUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    const done = await sql.unsafe(statement)
    expect(done.count).toBeGreaterThan(0)
  })
}

const TAMPERED: readonly (readonly [string, string, RegExp])[] = [
  ['a reason', `update decision_records set rationale = 'because' where seq = 3`, /Record no\. 3 .*“rationale”/],
  ['an outcome', `update decision_records set outcome = 'rejected' where seq = 2`, /Record no\. 2 .*“outcome”/],
  ['a time', `update decision_records set at = at + interval '1 ms' where seq = 2`, /Record no\. 2 .*“at”/],
  ['a title', `update decision_records set title = 'x' where seq = 1`, /Record no\. 1 .*“title”/],
  [
    'the text',
    `update decision_records set body = replace(body, 'approved', 'rejected') where seq = 2`,
    /Record no\. 2 .*text does not have its hash/,
  ],
  ['a deleted record', `delete from decision_records where seq = 2`, /Record no\. 3 .*expected number 2/],
  ['the last record', `delete from decision_records where seq = 4`, /Record no\. 5|Record no\. 4/],
  [
    'the last record and the head',
    `with gone as (delete from decision_records where seq = 4 returning 1), kept as (update decision_heads h set seq = 3, hash = (select hash from decision_records where seq = 3) returning 1) select * from kept`,
    /Checkpoint 4 .*something was taken away/,
  ],
  [
    'what was shown',
    `update evidence_snapshots set document = replace(document, '0.78', '0.70') where id = (select snapshot_id from decision_records where seq = 4)`,
    /Record no\. 4 .*what was shown does not have the hash/,
  ],
  [
    'what was shown, with its hash',
    `update evidence_snapshots set document = 'x', sha256 = encode(sha256('x'), 'hex') where id = (select snapshot_id from decision_records where seq = 4)`,
    /Record no\. 4 .*what was shown does not have the hash/,
  ],
  [
    'an agreed text',
    `update criterion_versions set document = replace(document, '0.78', '0.70')`,
    /criterion_versions: its text does not have its hash/,
  ],
  [
    'a state without a decision',
    `update criterion_versions set document = 'x', content_hash = encode(sha256('x'), 'hex')`,
    /criterion_versions: it is agreed, and no decision/,
  ],
  ['a checkpoint', `update decision_checkpoints set signature = 'AAAA'`, /Checkpoint 4 .*signature is false/],
  [
    'a checkpoint’s note',
    `update decision_checkpoints set note = replace(note, 'records 4', 'records 3')`,
    /Checkpoint 3 .*signature is false/,
  ],
]

describe('the verification of the record', () => {
  test('holds for what was written by the commands', async ({ database, fixture, dataDir }) => {
    expect(fixture.lead.name).toBe('Lea Lead')
    expect(await verify(database.ownerUrl, dataDir)).toEqual({
      fault: null,
      recordCount: 4,
      chainCount: 1,
      checkpointCount: 1,
    })
  })

  for (const [what, statement, fault] of TAMPERED) {
    test(`names the row when ${what} was changed by SQL`, async ({ database, fixture, dataDir }) => {
      expect(fixture.organisationId).toBeTruthy()
      await alter(database.ownerUrl, statement)
      expect((await verify(database.ownerUrl, dataDir)).fault).toMatch(fault)
    })
  }

  test('finds a chain that was rebuilt whole, by the checkpoint that somebody signed before', async ({
    database,
    pools,
    fixture,
    dataDir,
  }) => {
    expect(pools && fixture).toBeTruthy()
    // Every hash is made anew after the change: only the signed note still knows the old one.
    await alter(
      database.ownerUrl,
      `with recursive fixed as (
         select seq, replace(body, 'Sent for the client’s signature.', 'Nothing.') as body, prev_hash as prev, encode(sha256(convert_to(replace(body, 'Sent for the client’s signature.', 'Nothing.'), 'UTF8')), 'hex') as hash from decision_records where seq = 1
         union all
         select d.seq, t.body, f.hash, encode(sha256(convert_to(t.body, 'UTF8')), 'hex') from fixed f join decision_records d on d.seq = f.seq + 1,
           lateral (select replace(replace(d.body, 'Sent for the client’s signature.', 'Nothing.'), d.prev_hash, f.hash) as body) t)
       , written as (update decision_records d set body = f.body, prev_hash = f.prev, hash = f.hash, rationale = replace(d.rationale, 'Sent for the client’s signature.', 'Nothing.') from fixed f where f.seq = d.seq returning d.seq, d.hash)
       update decision_heads h set hash = w.hash from written w where w.seq = h.seq`,
    )
    expect((await verify(database.ownerUrl, dataDir)).fault).toMatch(/Checkpoint 4 .*another hash there/)
  })
})

const SCRIPT = path.resolve('public/verify-dossier.mjs')

/** What the script for outsiders says of a file. */
async function outside(folder: string, file: unknown, ...options: string[]) {
  const at = path.join(folder, 'file.json')
  await writeFile(at, JSON.stringify(file, null, 2))
  const ran = promisify(execFile)(process.execPath, [SCRIPT, at, ...options])
  return ran.then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }),
  )
}

/** A sealed dossier as a machine gets it. */
async function aDossier(pools: Pools, fixture: EngagementFixture, dataDir: string) {
  const content = await pools.web.as({ personId: fixture.client.personId }, async (tx) =>
    dossierContent(tx, {
      actor: fixture.client,
      engagement: await getEngagement(tx, fixture.engagementId),
      asOf: NOW,
      now: NOW,
    }),
  )
  return { content, file: await sealFile(dataDir, content) }
}

describe('a dossier', () => {
  test('holds outside the product, and names the key it was checked with', async ({ pools, fixture, dataDir }) => {
    const { file } = await aDossier(pools, fixture, dataDir)
    expect(fileFault(RecordFile.parse(file), null, CRYPTOGRAPHY)).toBeNull()
    const { keyId } = await openRecordKey(dataDir)
    expect(await outside(dataDir, file, '--key', keyId)).toEqual({
      code: 0,
      said: `It holds: 4 records (4 whole), 1 checkpoints, key ${keyId}.\n`,
    })
    expect(await outside(dataDir, file, '--key', '0'.repeat(16))).toMatchObject({ code: 1, said: /not of 0000/ })
  })

  test('that was tampered with fails outside, whatever was changed, also when it was sealed anew', async ({
    pools,
    fixture,
    dataDir,
  }) => {
    const { content, file } = await aDossier(pools, fixture, dataDir)
    const { keyId } = await openRecordKey(dataDir)
    const changed = (change: (record: typeof content.record) => typeof content.record) => ({
      ...content,
      record: change(content.record),
    })
    const link = (seq: number, change: object) =>
      changed((record) => ({
        ...record,
        links: record.links.map((row) => (row.seq === seq ? { ...row, ...change } : row)),
      }))
    const forgeries: readonly (readonly [string, unknown, RegExp])[] = [
      ['a word', { ...file, content: { ...content, madeFor: 'Somebody else' } }, /content was changed/],
      [
        'the seal’s hash',
        { ...file, seal: { ...file.seal, sha256: '0'.repeat(64) } },
        /content was changed after it was sealed/,
      ],
      ['a body', await sealFile(dataDir, link(2, { body: '{}' })), /record no\. 2: its text does not have its hash/],
      ['a document', await sealFile(dataDir, link(4, { document: '{}' })), /record no\. 4: what was shown/],
      ['a hash', await sealFile(dataDir, link(2, { hash: '1'.repeat(64) })), /record no\. 2: its text/],
      [
        'a missing record',
        await sealFile(
          dataDir,
          changed((record) => ({ ...record, links: record.links.filter(({ seq }) => seq !== 3) })),
        ),
        /record no\. 4: expected number 3/,
      ],
      [
        'a cut end',
        await sealFile(
          dataDir,
          changed((record) => ({ ...record, links: record.links.slice(0, 3) })),
        ),
        /checkpoint 4: the record ends before it/,
      ],
      [
        'a checkpoint',
        await sealFile(
          dataDir,
          changed((record) => ({
            ...record,
            checkpoints: record.checkpoints.map((row) => ({ ...row, note: row.note.replace('2026', '2025') })),
          })),
        ),
        /checkpoint 4: its signature is false/,
      ],
    ]
    for (const [what, forgery, fault] of forgeries) {
      const answer = await outside(dataDir, forgery, '--key', keyId)
      expect(answer, what).toMatchObject({ code: 1, said: fault })
      // Two programs, one judgement.
      expect(fileFault(RecordFile.parse(JSON.parse(JSON.stringify(forgery))), keyId, CRYPTOGRAPHY), what).toMatch(fault)
    }
  })

  test('tells nothing of the client’s other engagements, and its chain can still be followed', async ({
    pools,
    fixture,
    dataDir,
  }) => {
    const otherId = await openEngagement(as(pools, fixture.lead), {
      name: 'Secret merger',
      clientOrganisationId: fixture.organisationId,
      problem: 'Secret merger plans',
      decisionSupported: 'x',
      affectedPeople: '',
      inScope: 'x',
      outOfScope: '',
      targetEnd: undefined,
    })
    const strangerId = await giveSeat(as(pools, fixture.lead), {
      engagementId: otherId,
      name: 'Bo Board',
      email: 'bo@acme-freight.test',
      function: 'sponsor',
      raci: 'A',
      origin: ORIGIN,
    })
    await sendProblem(as(pools, fixture.lead), { engagementId: otherId, origin: ORIGIN })
    const { content, file } = await aDossier(pools, fixture, dataDir)
    expect(content.record.links.map(({ body }) => body !== undefined)).toEqual([true, true, true, true, false])
    expect(JSON.stringify(file)).not.toContain('merger')
    expect(fileFault(RecordFile.parse(file), null, CRYPTOGRAPHY)).toBeNull()

    const stranger = await actorOf(pools, strangerId)
    const record = await pools.web.as({ personId: stranger.personId }, (tx) =>
      recordFileContent(tx, { organisationId: fixture.organisationId, only: null, until: NOW }),
    )
    expect(record.links.map(({ body }) => body !== undefined)).toEqual([false, false, false, false, true])
    const outsider = await pools.web.as(
      { personId: (await anEngagement(pools, fixture.lead, 'Other Client')).client.personId },
      (tx) => recordFileContent(tx, { organisationId: fixture.organisationId, only: null, until: NOW }),
    )
    expect(outsider).toMatchObject({ links: [], checkpoints: [] })
  })

  test('is printed for people, and a decision’s print has the same bytes each time', async ({
    pools,
    fixture,
    dataDir,
  }) => {
    const { content, file } = await aDossier(pools, fixture, dataDir)
    const pdf = await printDossier(content, file.seal)
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    const [decision] = await pools.web.as({ personId: fixture.client.personId }, (tx) =>
      listDecisions(tx, fixture.engagementId),
    )
    expect(decision).toBeDefined()
    if (decision) expect(await printDecision(decision)).toEqual(await printDecision(decision))
  })
})
