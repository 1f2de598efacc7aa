import { describe, expect } from 'vitest'
import { addEnvironment } from '#app/commands/environments.ts'
import { beginJob, endJob } from '#app/commands/job-execution.ts'
import { replayJob } from '#app/commands/jobs.ts'
import { EnvironmentForm, parseWheelName } from '#app/domain/environment.ts'
import { found } from '#app/domain/errors.ts'
import { loader as environments } from '#app/routes/environments/list.tsx'
import { loader as newEnvironment } from '#app/routes/environments/new.tsx'
import { loader as nextVersion } from '#app/routes/environments/next.tsx'
import { loader as version } from '#app/routes/environments/version.tsx'
import { loader as job } from '#app/routes/jobs/detail.tsx'
import { loader as jobs } from '#app/routes/jobs/list.tsx'
import { loader as newJob } from '#app/routes/jobs/new.tsx'
import { loader as runs } from '#app/routes/runs/list.tsx'
import { loader as schedules } from '#app/routes/schedules/list.tsx'
import { loader as newSchedule } from '#app/routes/schedules/new.tsx'
import { newId } from '#db/new-id.ts'
import { aBlob } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { as, NOW } from '#test/support/factories.ts'
import { test } from '#test/support/web.ts'

const ENDED = 'This engagement is closed; it can be read, not changed.'

/** A version of an environment whose build failed. */
async function aFailedVersion(pools: Pools, { engagementId, lead }: EngagementFixture) {
  const wheel = parseWheelName('a-1.0-py3-none-any.whl')
  if (typeof wheel === 'string') throw new Error(wheel)
  const id = await addEnvironment(as(pools, lead), {
    engagementId,
    form: EnvironmentForm.parse({ name: 'text-tools', requestKey: newId() }),
    wheels: [{ ...wheel, blob: aBlob('a'.repeat(64)) }],
  })
  const at = { workerId: 'w', executor: 'cage', environment: 'python, here', interpreter: 'python', now: NOW }
  const { lease } = found(await beginJob(pools.worker, at))
  const end = { state: 'failed', reasonCode: 'exit_code', reason: 'It ended with 1.', exitCode: 1 } as const
  await endJob(pools.worker, lease, { end, variation: 0.5, now: NOW })
  return { environmentVersionId: id, jobId: lease.id }
}

describe('pages that let workers work', () => {
  test('say why not when the engagement has ended, as the commands do', async ({ pools, fixture, web, database }) => {
    const params = await aFailedVersion(pools, fixture)
    const said = async () => ({
      reasons: [
        (await web.get(fixture.lead, newEnvironment)).refusal,
        (await web.get(fixture.lead, nextVersion, params)).refusal,
        (await web.get(fixture.lead, version, params)).refusal,
        (await web.get(fixture.lead, job, params)).replayReason,
        (await web.get(fixture.lead, newJob)).refusal,
        (await web.get(fixture.lead, newSchedule)).refusal,
      ],
      may: [
        (await web.get(fixture.lead, environments)).mayMake,
        (await web.get(fixture.lead, jobs)).mayStart,
        (await web.get(fixture.lead, runs)).mayStart,
        (await web.get(fixture.lead, schedules)).mayAdd,
      ],
    })
    expect(await said()).toEqual({ reasons: Array(6).fill(null), may: Array(4).fill(true) })
    await query(database.ownerUrl, (sql) => sql`update engagements set state = 'closed'`)
    expect(await said()).toEqual({ reasons: Array(6).fill(ENDED), may: Array(4).fill(false) })
    const { engagementId } = fixture
    await expect(
      replayJob(as(pools, fixture.lead), { engagementId, jobId: params.jobId, idempotencyKey: newId() }),
    ).rejects.toMatchObject({ code: 'refused', message: ENDED })
  })
})
