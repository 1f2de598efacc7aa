import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { tellCallers } from '#app/commands/callers.ts'
import { SERVED_FILES } from '#app/commands/models.ts'
import { issueToken } from '#app/commands/tokens.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { newId } from '#db/new-id.ts'
import { storing } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import { anEngagement, as, NOW, ORIGIN } from '#test/support/factories.ts'

const SPEED = { name: 'speed', type: 'double', required: true }
const WEIGHT = { name: 'weight', type: 'double' }
const OUTPUTS = [{ name: 'score', type: 'double' }]

test('who may ask for predictions is told once when what they send is wrong from now on, and not of less', async ({
  pools,
  fixture,
  database,
}) => {
  const { engagementId, lead } = fixture
  const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
  const blobs = diskBlobs(dataDir)
  const model = newId()
  const endpoint = newId()
  await query(database.ownerUrl, async (sql) => {
    await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${model}, ${engagementId}, 'triage', now(), now())`
    await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at) values (${endpoint}, ${engagementId}, ${model}, 'triage', now())`
  })
  /** A revision of its own model version, that takes these fields. */
  const revision = async (number: number, inputs: readonly object[]) => {
    const signature = await storing(blobs, engagementId, JSON.stringify({ inputs, outputs: OUTPUTS }), async (blob) => {
      await blob.publish()
      return blob.sha256
    })
    const [version, deployment] = [newId(), newId<DeploymentId>()]
    const files = JSON.stringify({ [SERVED_FILES.signature]: signature })
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into model_versions (id, engagement_id, model_id, version, state, source, files, created_at, updated_at)
        values (${version}, ${engagementId}, ${model}, ${number}, 'ready', 'x', ${files}::text::jsonb, now(), now())`
      await sql`insert into deployments (id, engagement_id, endpoint_id, model_version_id, revision, state, gate, requested_by, requested_at)
        values (${deployment}, ${engagementId}, ${endpoint}, ${version}, ${number}, 'retired', '[]', ${lead.personId}, now())`
    })
    return deployment
  }
  const first = await revision(1, [SPEED])
  const wider = await revision(2, [SPEED, { ...WEIGHT, required: false }])
  const narrower = await revision(3, [SPEED, { ...WEIGHT, required: true }])
  for (const [name, scope] of [
    ['night run', 'predict'],
    ['dashboard', 'predict'],
    ['notebook', 'track'],
  ] as const)
    await issueToken(as(pools, lead), { engagementId, name, scopes: [scope] })
  // Lent to another client's engagement, which has a token of its own.
  const other = await anEngagement(pools, lead, 'Other Client')
  const grant = newId()
  await query(database.ownerUrl, async (sql) => {
    await sql`insert into reuse_grants (id, engagement_id, endpoint_id, model_version_id, scope, borrower, purpose, state, expires_at, active_at, granted_by, granted_at)
      select ${grant}, engagement_id, endpoint_id, model_version_id, 'predict', 'x', 'y', 'active', ${new Date(NOW.getTime() + 1)}, ${NOW}, ${lead.personId}, ${NOW}
      from deployments where id = ${first}`
    await sql`insert into reuse_targets (engagement_id, grant_id, to_engagement_id) values (${engagementId}, ${grant}, ${other.engagementId})`
  })
  await issueToken(as(pools, lead), { engagementId: other.engagementId, name: 'theirs', scopes: ['predict'] })
  const mails = () =>
    query(
      database.ownerUrl,
      (sql) => sql<{ to: string; body: string }[]>`
        select to_address as to, body || links::text as body from mail_outbox
        where subject = 'triage takes and gives something else now' order by body`,
    )
  const tell = (deploymentId: DeploymentId, replacedId: DeploymentId) =>
    tellCallers({ database: pools.worker, blobs }, { deploymentId, replacedId, origin: ORIGIN, now: NOW })

  await tell(wider, first)
  expect(await mails()).toHaveLength(0)
  await tell(narrower, first)
  await tell(narrower, first)
  const all = await mails()
  expect(all).toHaveLength(2)
  const mail = all.find(({ body }) => body.includes('night run'))
  const lent = all.find(({ body }) => body.includes('your token theirs.'))
  expect(lent?.body).toContain(`/engagements/${other.engagementId}/borrowed/${grant}`)
  expect(lent?.body).not.toContain(engagementId)
  const told = await query(
    database.ownerUrl,
    (sql) => sql`select summary from events where kind = 'reuse.received' and engagement_id = ${other.engagementId}`,
  )
  expect(told).toHaveLength(1)
  expect(told[0]?.['summary']).toContain('Told: theirs.')
  expect(mail?.to).toBe(lead.email)
  expect(mail?.body).toContain('weight is new and required')
  expect(mail?.body).toMatch(/your tokens (night run, dashboard|dashboard, night run)\./)
  await rm(dataDir, { recursive: true })
})
