import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { beginDeployment, failDeployment } from '#app/commands/deployment-execution.ts'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { found } from '#app/domain/errors.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { query } from '#test/support/database.ts'
import { as, NOW } from '#test/support/factories.ts'
import type { RetrainingStage } from '#test/support/retraining.ts'
import { test } from '#test/support/retraining.ts'
import { deployModel } from '#workers/tasks/deploy-model.ts'
import type { TaskShell } from '#workers/task.ts'

function revisionsOf({ pools, fixture, endpointId }: RetrainingStage) {
  const { engagementId, lead } = fixture
  return pools.web.as({ personId: lead.personId }, (tx) => listDeployments(tx, engagementId, { endpointId }))
}

/** Revision 2 of what is live, on the queue. */
async function requested(stage: RetrainingStage) {
  const { engagementId, lead } = stage.fixture
  const live = found((await revisionsOf(stage))[0])
  await deployModelVersion(as(stage.pools, lead), { engagementId, modelVersionId: live.modelVersionId })
  return { live, next: found((await revisionsOf(stage))[0]) }
}

/** Wait until so many connections to a database wait for what another one holds. */
function untilWaiting(url: string, count: number): Promise<void> {
  return query(url, async (sql) => {
    for (;;) {
      const [row] = await sql<{ count: number }[]>`
        select count(distinct pid)::int as count from pg_locks join pg_stat_activity using (pid)
        where not granted and datname = current_database()`
      if ((row?.count ?? 0) >= count) return
      await sleep(10)
    }
  })
}

test('a worker that comes late changes nothing of a revision that another one brings up meanwhile', async ({
  stage,
  database,
}) => {
  const { live, next } = await requested(stage)
  const work = found(await beginDeployment(stage.pools.worker, next.id))
  const late = await query(database.ownerUrl, async (sql) => {
    await sql`begin`
    await sql`update deployments set state = 'retired', live_until = now() where id = ${live.id}`
    await sql`update deployments set state = 'live', live_from = now() where id = ${next.id}`
    const both = Promise.all([
      beginDeployment(stage.pools.worker, next.id),
      failDeployment(stage.pools.worker, work, 'The model server went away.', NOW),
    ])
    await untilWaiting(database.ownerUrl, 2)
    await sql`commit`
    return both
  })
  expect(late[0]).toBeNull()
  expect((await revisionsOf(stage)).map(({ revision, state, failure }) => [revision, state, failure])).toEqual([
    [2, 'live', null],
    [1, 'retired', null],
  ])
})

test('a revision that the model server never answers for has failed in the end, and can be asked for anew', async ({
  stage,
}) => {
  const { next } = await requested(stage)
  // Of the shell the task uses these; port 9 answers nobody.
  const tryAt = (minutes: number) =>
    deployModel({ deploymentId: next.id }, {
      database: stage.pools.worker,
      blobs: stage.blobs,
      config: { serving: { url: 'http://127.0.0.1:9', secret: 'x'.repeat(16) } },
      signal: new AbortController().signal,
      now: () => new Date(NOW.getTime() + minutes * 60_000),
    } as unknown as TaskShell)
  await expect(tryAt(1)).rejects.toThrow()
  expect((await revisionsOf(stage))[0]).toMatchObject({ revision: 2, state: 'probing', failure: null })
  await tryAt(26)
  expect((await revisionsOf(stage)).map(({ revision, state }) => [revision, state])).toEqual([
    [2, 'failed'],
    [1, 'live'],
  ])
  expect((await revisionsOf(stage))[0]?.failure).toMatch(/did not answer/)
})
