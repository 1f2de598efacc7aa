import { expect } from 'vitest'
import { startRun } from '#app/commands/tracking.ts'
import { findRequesterName } from '#db/queries/jobs.ts'
import { test } from '#test/support/engagement.ts'
import { aJobActor, anEngagement, as } from '#test/support/factories.ts'

test('a run that a job makes names who asked for the job, to nobody of another engagement', async ({
  pools,
  fixture,
}) => {
  const job = await aJobActor(pools, fixture)
  const input = { experimentId: '0', name: 'r', userName: 'root', startTime: null, tags: [] }
  const { run } = await startRun(as(pools, job), input)
  expect(run).toMatchObject({ userName: fixture.lead.name, isVerified: true })
  const other = await anEngagement(pools, fixture.lead, 'Other Mills')
  const asked = await pools.web.as({ personId: other.client.personId }, (tx) => findRequesterName(tx, job.jobId))
  expect(asked).toBeNull()
})
