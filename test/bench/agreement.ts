/**
 * `npm run bench:agreement`: how long the web process takes for the agreement's pages when an engagement is as large as it
 * may become: 200 criteria, 500 people at the table, 10,000 decisions. Prints median and 95th percentile of each page, as
 * our lead and as the client, and ends with 1 when one is above the bound.
 */
import os from 'node:os'
import { hashPassword } from '#app/commands/accounts.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { openDatabase } from '#db/client.server.ts'
import { saveCredential } from '#db/queries/people.ts'
import type { Database } from '#db/types.ts'
import type { EngagementFixture } from '#test/support/factories.ts'
import { actorOf, anEngagement, aSignedCriterion, aSignedProblem, openPools } from '#test/support/factories.ts'
import { startPortal } from './portal.ts'

const BOUND_MS = 300
const REQUESTS = 20
const PASSWORD = 'a bench of many pages'
const SIZE = { criteria: 200, people: 500, decisions: 10_000 } as const

const portal = await startPortal()
let isWithin = true
try {
  const owner = openDatabase(portal.ownerUrl, { connectionsMax: 2, name: 'bench' })
  const pools = openPools({
    ownerUrl: portal.ownerUrl,
    webUrl: portal.webUrl,
    workerUrl: portal.ownerUrl,
    queueUrl: portal.ownerUrl,
  })
  const lead = await benPerson(owner, pools)
  const fixture = await anEngagement(pools, lead)
  await aSignedProblem(pools, fixture)
  const criterionId = await aSignedCriterion(pools, fixture)
  await fill(owner, fixture)
  const signOffId = await one(
    owner,
    `select id from sign_offs where engagement_id = '${fixture.engagementId}' order by sent_at desc limit 1`,
  )
  process.stdout.write(
    `Node ${process.version}, ${String(os.cpus().length)} × ${os.cpus()[0]?.model ?? 'CPU'}; ${String(SIZE.criteria)} criteria, ${String(SIZE.people)} people, ${String(SIZE.decisions)} decisions; server time of a page, ms\n\n`,
  )
  const base = `/engagements/${fixture.engagementId}`
  const pages = [
    '',
    '/definition',
    `/criteria/${criterionId}`,
    `/sign-offs/${signOffId}`,
    '/people',
    '/evidence',
    '/registers',
    '/scope',
    '/deliverables',
    '/how-this-goes',
  ]
  for (const who of [fixture.lead, fixture.client]) {
    const cookie = await signIn(who)
    for (const page of ['/', ...pages.map((path) => base + path)])
      await measurePage(who, cookie, page.replace(base, '…') || '/', page)
  }
  await pools.close()
  await owner.close()
} finally {
  await portal.stop()
}
process.exitCode = isWithin ? 0 : 1

async function benPerson(owner: Database, pools: ReturnType<typeof openPools>): Promise<PersonActor> {
  const id = await one(owner, `select id from persons where email = 'ben@bench.test'`)
  return actorOf(pools, id as PersonActor['personId']) // an id straight from the table
}

async function one(owner: Database, statement: string): Promise<string> {
  const rows = await owner.as({}, (tx) => tx.execute<{ id: string }>(statement))
  return rows[0]?.id ?? ''
}

/** Copies of what the commands wrote once; hashes of the copied decisions are not those of a chain. */
async function fill(owner: Database, { engagementId, organisationId }: EngagementFixture): Promise<void> {
  const run = (statement: string) => owner.as({}, (tx) => tx.execute(statement))
  await run(`insert into persons (id, organisation_id, name, email, created_at)
    select gen_random_uuid(), '${organisationId}', 'Person ' || n, 'p' || n || '@acme.test', now() from generate_series(1, ${String(SIZE.people)}) n`)
  await run(`insert into memberships (person_id, organisation_id, role, organisation_kind)
    select id, organisation_id, 'member', 'client' from persons p where p.email like 'p%@acme.test'`)
  await run(`insert into seats (id, engagement_id, function, raci, state, person_id, held_from, created_at)
    select gen_random_uuid(), '${engagementId}', 'end_user_rep', 'I', 'accepted', id, now(), now() from persons where email like 'p%@acme.test'`)
  await run(`with made as (
      insert into criteria (id, engagement_id, key, created_at)
      select gen_random_uuid(), engagement_id, 'C' || n, now() from criteria c, generate_series(2, ${String(SIZE.criteria)}) n where c.engagement_id = '${engagementId}' and c.key = 'C1'
      returning id, key)
    insert into criterion_versions (id, engagement_id, criterion_id, version, state, content, document, content_hash, created_by, created_at, agreed_at)
    select gen_random_uuid(), v.engagement_id, m.id, 1, 'agreed', v.content, v.document, v.content_hash, v.created_by, v.created_at, v.agreed_at
    from made m, criterion_versions v where v.engagement_id = '${engagementId}' and v.version = 1`)
  await run(`insert into decision_records (id, organisation_id, seq, engagement_id, sign_off_id, subject_type, subject_id, subject_hash, title, outcome, side, rationale, decided_by, authority, at, snapshot_id, body, prev_hash, hash)
    select gen_random_uuid(), d.organisation_id, n, d.engagement_id, null, 'criterion_version', gen_random_uuid(), d.subject_hash, 'Copy ' || n, 'approved', d.side, '', d.decided_by, d.authority, d.at, d.snapshot_id, d.body, d.prev_hash, md5(n::text) || md5(n::text)
    from (select * from decision_records where engagement_id = '${engagementId}' order by seq desc limit 1) d, generate_series(5, ${String(SIZE.decisions)}) n`)
  await run('analyze')
}

async function signIn(who: PersonActor): Promise<string> {
  const hash = await hashPassword(PASSWORD)
  const web = openDatabase(portal.webUrl, { connectionsMax: 1, name: 'bench' })
  await web.as({ door: 'auth' }, (tx) => saveCredential(tx, who.personId, hash, new Date()))
  await web.close()
  const answer = await fetch(`${portal.target.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: portal.target.url, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email: who.email, password: PASSWORD }),
  })
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

async function measurePage(who: PersonActor, cookie: string, name: string, page: string): Promise<void> {
  const taken: number[] = []
  for (let turn = 0; turn < REQUESTS + 2; turn += 1) {
    const startedAt = performance.now()
    const answer = await fetch(portal.target.url + page, { headers: { cookie }, redirect: 'manual' })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`${page} answers ${String(answer.status)}.`)
    // The first two warm up.
    if (turn >= 2) taken.push(performance.now() - startedAt)
  }
  const sorted = taken.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const p95 = at(0.95)
  if (p95 > BOUND_MS) isWithin = false
  process.stdout.write(
    `${who.organisationKind.padEnd(12)} ${name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id').padEnd(24)} p50 ${at(0.5).toFixed(0).padStart(5)}  p95 ${p95.toFixed(0).padStart(5)}${p95 > BOUND_MS ? `  above ${String(BOUND_MS)}` : ''}\n`,
  )
}
