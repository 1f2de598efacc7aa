import { expect } from 'vitest'
import { newId } from '#db/new-id.ts'
import { enqueue } from '#db/queries/tasks.ts'
import { query, test } from '#test/support/database.ts'
import { aFirm, anEngagement, openPools } from '#test/support/factories.ts'
import { eventually, startPortal } from '#test/support/processes.ts'

test('what was on a worker that was killed at each of its tries is begun anew, what pauses is not', async ({
  database,
}) => {
  const pools = openPools(database)
  const portal = await startPortal(database)
  try {
    const { engagementId, lead } = await anEngagement(pools, (await aFirm(pools)).lead)
    const [model, version, endpoint, killed, failed] = [newId(), newId(), newId(), newId(), newId()]
    const tasks = () =>
      query(database.ownerUrl, (sql) => sql`select key, attempts from graphile_worker.jobs where key like 'deploy:%'`)
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${model}, ${engagementId}, 'triage', now(), now())`
      await sql`insert into model_versions (id, engagement_id, model_id, version, state, source, files, created_at, updated_at)
        values (${version}, ${engagementId}, ${model}, 1, 'ready', 'x', '{}', now(), now())`
      await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at) values (${endpoint}, ${engagementId}, ${model}, 'triage', now())`
      for (const [revision, id] of [killed, failed].entries()) {
        await sql`insert into deployments (id, engagement_id, endpoint_id, model_version_id, revision, state, gate, requested_by, requested_at)
          values (${id}, ${engagementId}, ${endpoint}, ${version}, ${revision + 1}, 'probing', '[]', ${lead.personId}, now())`
        await pools.worker.as({}, (tx) => enqueue(tx, 'deploy_model', { deploymentId: id }, { key: `deploy:${id}` }))
      }
      // As the queue leaves them: a kill lets the time stand, an error puts it off.
      await sql`update graphile_worker._private_jobs set attempts = max_attempts where key like 'deploy:%'`
      await sql`update graphile_worker._private_jobs set run_at = now() + interval '50 minutes' where key = ${`deploy:${failed}`}`
    })
    const worker = portal.startWorker()
    await worker.hear(/begins anew with 1 tasks/)
    await eventually(async () => ((await tasks()).length === 1 ? true : null), 20, 'the task is done')
    const states = await query(
      database.ownerUrl,
      (sql) => sql`select state, failure from deployments order by revision`,
    )
    expect(states).toEqual([
      { state: 'failed', failure: 'A stored file of the model is missing.' },
      { state: 'probing', failure: null },
    ])
    expect(await tasks()).toEqual([{ key: `deploy:${failed}`, attempts: 8 }])
  } finally {
    await portal.stop()
    await pools.close()
  }
}, 90_000)
