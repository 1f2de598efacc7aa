import { describe, expect } from 'vitest'
import { addCriterion, editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { linkFault } from '#app/domain/decision.ts'
import { sha256 } from '#db/digest.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listLinks } from '#db/queries/record.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture } from '#test/support/factories.ts'
import {
  aCriterionForm,
  approve,
  as,
  aSignedCriterion,
  aSignedProblem,
  openSignOffOf,
  ORIGIN,
} from '#test/support/factories.ts'

describe('signing a criterion', () => {
  test('makes it agreed, moves the engagement to active, and chains both decisions', async ({ pools, fixture }) => {
    await aSignedProblem(pools, fixture)
    const criterionId = await aSignedCriterion(pools, fixture)
    await pools.web.as({ personId: fixture.client.personId }, async (tx) => {
      const { versions } = await getCriterion(tx, fixture.engagementId, criterionId)
      expect(versions.map(({ version, state }) => ({ version, state }))).toEqual([{ version: 1, state: 'agreed' }])
      expect(await getEngagement(tx, fixture.engagementId)).toMatchObject({ state: 'active' })
      const decisions = await listDecisions(tx, fixture.engagementId)
      expect(decisions.map(({ seq, side, outcome }) => ({ seq, side, outcome }))).toEqual([
        { seq: 4, side: 'client', outcome: 'approved' },
        { seq: 3, side: 'consultancy', outcome: 'approved' },
        { seq: 2, side: 'client', outcome: 'approved' },
        { seq: 1, side: 'consultancy', outcome: 'approved' },
      ])
      const links = await listLinks(tx, fixture.organisationId, { afterSeq: 0, limit: 10 })
      expect(links.map((link, index) => linkFault(link, links[index - 1] ?? null, sha256))).toEqual([
        null,
        null,
        null,
        null,
      ])
    })
  })

  test('of a changed target makes version 2, keeps version 1 readable as superseded', async ({ pools, fixture }) => {
    const criterionId = await aSignedCriterion(pools, fixture)
    const lead = as(pools, fixture.lead)
    const { engagementId } = fixture
    const changed = await editCriterion(lead, {
      engagementId,
      criterionId,
      form: aCriterionForm(fixture.datasetVersionId, { target: '0.75' }),
    })
    expect(changed).toEqual({ version: 2 })
    const read = () =>
      pools.web.as({ personId: fixture.lead.personId }, (tx) => getCriterion(tx, engagementId, criterionId))
    expect((await read()).versions.map(({ version, state }) => [version, state])).toEqual([
      [2, 'draft'],
      [1, 'agreed'],
    ])
    const signOffId = await sendCriterion(lead, { engagementId, criterionId, origin: ORIGIN })
    await approve(pools, fixture, signOffId, new Date('2026-03-03T09:00:00Z'))
    const { versions } = await read()
    expect(versions.map(({ version, state, content }) => [version, state, content.target])).toEqual([
      [2, 'agreed', 0.75],
      [1, 'superseded', 0.78],
    ])
    expect(versions[1]?.endedAt).toEqual(versions[0]?.agreedAt)
  })

  test('is refused to our own side, to a stale page, and twice; nothing is written', async ({ pools, fixture }) => {
    const { engagementId } = fixture
    const criterionId = await addCriterion(as(pools, fixture.lead), {
      engagementId,
      form: aCriterionForm(fixture.datasetVersionId),
    })
    const signOffId = await sendCriterion(as(pools, fixture.lead), { engagementId, criterionId, origin: ORIGIN })
    const signOff = await openSignOffOf(pools, fixture.client, engagementId)
    const decide = (who: EngagementFixture['client'], shownHash: string) =>
      decideSignOff(as(pools, who), {
        engagementId,
        signOffId,
        shownHash,
        outcome: 'approved',
        rationale: '',
        origin: ORIGIN,
      })

    await expect(decide(fixture.lead, signOff.subjectHash)).rejects.toMatchObject({
      code: 'refused',
      message: /Only the client signs/,
    })
    await expect(decide(fixture.client, '0'.repeat(64))).rejects.toMatchObject({
      code: 'conflict',
      message: /changed while you were reading/,
    })
    const [first, second] = await Promise.allSettled([
      decide(fixture.client, signOff.subjectHash),
      decide(fixture.client, signOff.subjectHash),
    ])
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected'])
    const decisions = await pools.web.as({ personId: fixture.client.personId }, (tx) => listDecisions(tx, engagementId))
    expect(decisions).toHaveLength(2)
  })

  test('leaves a version that can no more be changed, also by SQL', async ({ pools, fixture }) => {
    const criterionId = await aSignedCriterion(pools, fixture)
    for (const pool of [pools.web, pools.worker]) {
      const attempt = (statement: string) =>
        pool.as({ personId: fixture.lead.personId }, async (tx) => {
          await tx.execute(statement)
        })
      await expect(
        attempt(`update criterion_versions set content = '{}' where criterion_id = '${criterionId}'`),
      ).rejects.toThrow()
      await expect(attempt('delete from criterion_versions')).rejects.toThrow()
      await expect(attempt("update decision_records set rationale = 'x'")).rejects.toThrow()
      await expect(attempt('delete from evidence_snapshots')).rejects.toThrow()
      await expect(attempt('truncate decision_records cascade')).rejects.toThrow()
      await expect(attempt('delete from events')).rejects.toThrow()
    }
  })
})
