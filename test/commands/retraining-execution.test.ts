import { expect } from 'vitest'
import { withdrawRevision } from '#app/commands/deployments.ts'
import { beginRetrainingCheck, endRetrainingCheck } from '#app/commands/retraining-check.ts'
import { advanceRetrainings } from '#app/commands/retraining-execution.ts'
import { requestRetraining } from '#app/commands/retrainings.ts'
import { found } from '#app/domain/errors.ts'
import { newId } from '#db/new-id.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { query } from '#test/support/database.ts'
import { as, NOW, ORIGIN } from '#test/support/factories.ts'
import type { RetrainingStage } from '#test/support/retraining.ts'
import { strikes, test } from '#test/support/retraining.ts'

const FRESH = strikes('8,140,Climb,Night,A,B,C,Small,Gull,0')

const ask = ({ pools, fixture, endpointId }: RetrainingStage) =>
  requestRetraining(as(pools, fixture.lead), { engagementId: fixture.engagementId, endpointId })

test('a look at data that takes long is not begun again beside itself', async ({ stage, database }) => {
  await ask(stage)
  await query(
    database.ownerUrl,
    (sql) => sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'somebody', attempts = 1
      where key like 'check-retraining:%'`,
  )
  for (const minutes of [1, 3, 5])
    await advanceRetrainings(stage.pools.worker, { now: new Date(NOW.getTime() + minutes * 60_000), origin: ORIGIN })
  const messages = await query(
    database.ownerUrl,
    (sql) => sql`select attempts, locked_by from graphile_worker.jobs where task_identifier = 'check_retraining'`,
  )
  expect(messages).toEqual([{ attempts: 1, locked_by: 'somebody' }])
})

test('a retraining that cannot go on keeps no other from going on', async ({ stage, database }) => {
  const { engagementId, lead } = stage.fixture
  await stage.importCsv('train', FRESH)
  const id = await ask(stage)
  await stage.check(id)
  await stage.work(0.9)
  // An older one, whose step fails in the database.
  const [model, version, endpoint, spoilt] = [newId(), newId(), newId(), newId()]
  await query(database.ownerUrl, async (sql) => {
    await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${model}, ${engagementId}, 'other', now(), now())`
    await sql`insert into model_versions (id, engagement_id, model_id, version, state, source, files, created_at, updated_at)
      values (${version}, ${engagementId}, ${model}, 1, 'ready', 'x', '{}', now(), now())`
    await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at) values (${endpoint}, ${engagementId}, ${model}, 'other', now())`
    await sql`insert into retrainings (id, engagement_id, endpoint_id, trigger, state, reason, base_version_id, base_revision, requested_by, requested_at)
      values (${spoilt}, ${engagementId}, ${endpoint}, 'person', 'checking', 'x', ${version}, 1, ${lead.personId}, '2020-01-01')`
    await sql`create function spoil() returns trigger language plpgsql as $$ begin raise exception 'spoilt'; end $$`
    await sql`create trigger spoil before update on retrainings for each row when (old.state = 'checking') execute function spoil()`
  })
  await expect(stage.round()).rejects.toMatchObject({ cause: { message: 'spoilt' } })
  expect((await stage.get(id)).state).toBe('judging')
})

test('a job that logged no model leaves no version behind', async ({ stage, database }) => {
  await stage.importCsv('train', FRESH)
  const id = await ask(stage)
  await stage.check(id)
  await stage.work(0.9)
  await query(database.ownerUrl, (sql) => sql`delete from artifacts where path = 'model/model.onnx'`)
  await stage.round()
  expect(await stage.get(id)).toMatchObject({ state: 'failed', candidateVersionId: null, reason: /no model\.onnx/ })
  const versions = await query(database.ownerUrl, (sql) => sql`select version from model_versions`)
  expect(versions).toEqual([{ version: 1 }])
})

test('whoever asked is told, too, when the model is taken down while the data is looked at', async ({
  stage,
  database,
}) => {
  const { pools, fixture, endpointId } = stage
  const { engagementId, lead } = fixture
  await stage.importCsv('train', FRESH)
  const id = await ask(stage)
  const at = { now: NOW, origin: ORIGIN }
  const check = found(await beginRetrainingCheck(pools.worker, id, at))
  const [live] = await pools.web.as({ personId: lead.personId }, (tx) => listDeployments(tx, engagementId))
  await withdrawRevision(as(pools, lead), { engagementId, endpointId, deploymentId: found(live).id })
  await endRetrainingCheck(pools.worker, check, { problems: [], code: 'c', ...at })
  expect((await stage.get(id)).state).toBe('superseded')
  const mails = await query(
    database.ownerUrl,
    (sql) => sql`select to_address from mail_outbox where subject like 'Retraining of %: superseded'`,
  )
  expect(mails).toEqual([{ to_address: lead.email }])
})
