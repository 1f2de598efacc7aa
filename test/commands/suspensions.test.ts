import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { suspendVersion } from '#app/commands/suspensions.ts'
import { found } from '#app/domain/errors.ts'
import { listCriterionVersions, saveCriterionVersionState } from '#db/queries/criteria.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listSignOffsOf, supersedeSignOffs } from '#db/queries/sign-offs.ts'
import { test } from '#test/support/engagement.ts'
import { aFirm, anEngagement, aSignedCriterion, NOW, ORIGIN } from '../support/factories.ts'

test('a version that is replaced while it is being suspended stays replaced', async ({ pools }) => {
  const fixture = await anEngagement(pools, (await aFirm(pools)).lead)
  const { engagementId } = fixture
  await aSignedCriterion(pools, fixture)
  const read = () => pools.worker.as({}, (tx) => listCriterionVersions(tx, engagementId))
  const { id } = found((await read())[0])

  let suspending: Promise<void> | undefined
  await pools.worker.as({}, async (tx) => {
    await supersedeSignOffs(tx, id, NOW)
    await saveCriterionVersionState(tx, id, 'superseded', NOW)
    suspending = pools.worker.as({}, async (other) => {
      const engagement = await getEngagement(other, engagementId)
      const breach = { reason: 'breach', evidence: '0.5', origin: ORIGIN } as const
      await suspendVersion(other, { actor: null, now: NOW }, { engagement, criterionVersionId: id, ...breach })
    })
    await sleep(300)
  })
  await suspending

  const signOffs = await pools.worker.as({}, (tx) => listSignOffsOf(tx, engagementId, id))
  expect(signOffs.map(({ state }) => state)).toEqual(['superseded'])
  expect((await read())[0]?.state).toBe('superseded')
})
