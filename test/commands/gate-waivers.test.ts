import { describe, expect } from 'vitest'
import { hashPassword } from '#app/commands/accounts.ts'
import { editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { decideWaiver, expireOldWaivers, requestWaiver } from '#app/commands/gate-waivers.ts'
import { sendModelVersion } from '#app/commands/model-sign-offs.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { setSigningRule } from '#app/commands/signing-rule.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { HeldSeat } from '#app/domain/engagement.ts'
import { decideWaiverRefusal } from '#app/domain/gate-waiver.ts'
import { gateRefusal, routeRequest } from '#app/domain/deployment.ts'
import type { PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { listWaivers } from '#db/queries/gate-waivers.ts'
import { saveCredential } from '#db/queries/people.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import type { EngagementFixture, Pools } from '../support/factories.ts'
import {
  aCriterionForm,
  aFirm,
  anEngagement,
  approve,
  as,
  aSignedCriterion,
  aSignedProblem,
  NOW,
  openSignOffOf,
  ORIGIN,
} from '../support/factories.ts'
import { aServableVersion } from '../support/runs.ts'
import { test } from '#test/support/engagement.ts'

async function aSignedEngagement(pools: Pools, lead: EngagementFixture['lead']) {
  const fixture = await anEngagement(pools, lead)
  await aSignedProblem(pools, fixture)
  return { ...fixture, criterionId: await aSignedCriterion(pools, fixture) }
}

const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000)
const ASKED = { reason: 'The old model is down.', risk: 'More false alarms.', days: 3, origin: ORIGIN }

describe('a waiver', () => {
  test('takes two people, lets the named items pass until it expires, and names itself on the revision', async ({
    pools,
  }) => {
    const { lead } = await aFirm(pools)
    const fixture = await aSignedEngagement(pools, lead)
    const { engagementId, client } = fixture
    const modelVersionId = await aServableVersion(pools, fixture)
    const deploy = (now = NOW) => deployModelVersion(as(pools, lead, now), { engagementId, modelVersionId })
    await expect(deploy()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('never measured against it'),
    })

    const waiverId = await requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })
    await expect(requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(deploy()).rejects.toMatchObject({ code: 'refused' })
    const grant = (who: EngagementFixture['client'], now = NOW) =>
      decideWaiver(as(pools, who, now), { engagementId, waiverId, outcome: 'granted' })
    await expect(grant(lead)).rejects.toMatchObject({
      message: 'Whoever asks for a waiver cannot grant it: it takes two people.',
    })
    await grant(client)
    await expect(grant(client)).rejects.toMatchObject({ message: 'This waiver is active already.' })

    const endpointId = await deploy(days(2))
    const [revision] = await pools.web.as({ personId: lead.personId }, (tx) =>
      listDeployments(tx, engagementId, { endpointId }),
    )
    expect(revision).toMatchObject({ state: 'requested', waiverId })
    expect(revision?.gate.some((item) => !item.isMet)).toBe(true)

    // To the second: at its end it covers nothing any more.
    await expect(deploy(days(3))).rejects.toMatchObject({ code: 'refused' })
    await expireOldWaivers(pools.worker, days(4))
    const [expired] = await pools.web.as({ personId: client.personId }, (tx) => listWaivers(tx, engagementId))
    expect(expired).toMatchObject({ state: 'expired', decidedByName: client.name })
  })

  test('is refused by nobody but the client’s accountable person, and unseen by other clients', async ({ pools }) => {
    const { lead, colleague } = await aFirm(pools)
    const fixture = await aSignedEngagement(pools, lead)
    const other = await anEngagement(pools, lead, 'Other')
    const { engagementId } = fixture
    const modelVersionId = await aServableVersion(pools, fixture)
    const waiverId = await requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })
    const decide = (who: EngagementFixture['client'], outcome: 'granted' | 'refused') =>
      decideWaiver(as(pools, who), { engagementId, waiverId, outcome })
    await expect(decide(colleague, 'granted')).rejects.toMatchObject({ code: 'not_found' })
    await expect(decide(other.client, 'granted')).rejects.toMatchObject({ code: 'not_found' })
    await decide(fixture.client, 'refused')
    await expect(deployModelVersion(as(pools, lead), { engagementId, modelVersionId })).rejects.toMatchObject({
      code: 'refused',
    })
  })

  test('covers what was granted and nothing else: a new version of the criterion asks anew', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await aSignedEngagement(pools, lead)
    const { engagementId, client, criterionId } = fixture
    const modelVersionId = await aServableVersion(pools, fixture)
    const ask = () => requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })
    await decideWaiver(as(pools, client), { engagementId, waiverId: await ask(), outcome: 'granted' })
    await deployModelVersion(as(pools, lead), { engagementId, modelVersionId })

    const form = aCriterionForm(fixture.datasetVersionId, { target: '0.99' })
    await editCriterion(as(pools, lead), { engagementId, criterionId, form })
    await approve(pools, fixture, await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN }))
    await expect(deployModelVersion(as(pools, lead), { engagementId, modelVersionId })).rejects.toMatchObject({
      code: 'refused',
    })
    await ask()
    const waivers = await pools.web.as({ personId: lead.personId }, (tx) => listWaivers(tx, engagementId))
    expect(waivers.map(({ state }) => state).sort()).toEqual(['expired', 'requested'])
  })

  test('stands on the record, and asks for the password where the risk tier does', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await aSignedEngagement(pools, lead)
    const { engagementId, client } = fixture
    const rule = { quorum: 1, isInOrder: false, awaitsFeedback: false, recurDays: null }
    await setSigningRule(as(pools, lead), { engagementId, riskTier: 'high', ...rule })
    const password = 'correct horse battery'
    const passwordHash = await hashPassword(password)
    await pools.web.as({ door: 'auth' }, (tx) => saveCredential(tx, client.personId, passwordHash, NOW))
    const modelVersionId = await aServableVersion(pools, fixture)
    const ask = () => requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })
    // A waiver does not stand in for the signature under the version that this tier asks for.
    await expect(ask()).rejects.toMatchObject({ message: /The model version is signed/ })
    const signOffId = await sendModelVersion(as(pools, lead), { engagementId, modelVersionId, origin: ORIGIN })
    const { subjectHash } = await openSignOffOf(pools, client, engagementId)
    const said = { outcome: 'approved', rationale: '', password, shownHash: subjectHash, origin: ORIGIN } as const
    await decideSignOff(as(pools, client), { engagementId, signOffId, ...said })
    const waiverId = await ask()
    const grant = (given?: string) =>
      decideWaiver(as(pools, client), {
        ...{ engagementId, waiverId, outcome: 'granted' },
        ...(given === undefined ? {} : { password: given }),
      })
    await expect(grant()).rejects.toMatchObject({ code: 'invalid' })
    await expect(grant('another horse')).rejects.toMatchObject({ code: 'invalid' })
    await grant(password)
    const decisions = await pools.web.as({ personId: client.personId }, (tx) => listDecisions(tx, engagementId))
    expect(decisions.find(({ subjectType }) => subjectType === 'waiver')).toMatchObject({
      outcome: 'waived',
      title: expect.stringContaining('Waiver of the deployment gate'),
    })
  })

  test('is granted by who is accountable for model versions', () => {
    const waiver = { state: 'requested', requestedBy: 'somebody' } as const
    const actor = {
      ...{ kind: 'person', personId: toId<PersonId>('0a000000-0000-4000-8000-000000000001'), role: 'client' },
      organisationKind: 'client',
    } as unknown as PersonActor
    const standing = (raciByKind: HeldSeat['raciByKind']) => ({
      actor,
      seats: [{ function: 'sponsor', raci: 'A', ...(raciByKind ? { raciByKind } : {}) }] as const,
    })
    expect(decideWaiverRefusal(standing(undefined), waiver)).toBeNull()
    expect(decideWaiverRefusal(standing({ model_version: 'C' }), waiver)).not.toBeNull()
  })

  test('does not stand in for a signature', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const { engagementId } = fixture
    const modelVersionId = await aServableVersion(pools, fixture)
    await expect(requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('The problem statement is signed'),
    })
  })

  test('does not help a version that has nothing to serve', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const { engagementId } = fixture
    const modelVersionId = await aServableVersion(pools, fixture, { files: {} })
    await expect(requestWaiver(as(pools, lead), { ...ASKED, engagementId, modelVersionId })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('no ONNX file'),
    })
  })
})

describe('the gate and the traffic', () => {
  test('name every unmet item that is not waived', () => {
    const item = (key: string, isMet: boolean) => ({ key, label: key, isMet, because: 'why', criterionId: 'x' })
    expect(gateRefusal([item('a', true), item('b', false)])?.reason).toBe('Not deployed. b: why')
    expect(gateRefusal([item('a', true), item('b', false)], new Set(['b']))).toBeNull()
    expect(gateRefusal([item('a', false), item('b', false)], new Set(['b']))?.reason).toBe('Not deployed. a: why')
    expect(gateRefusal([{ ...item('b', false), criterionId: null }], new Set(['b']))?.reason).toBe(
      'Not deployed. b: why',
    )
  })

  test('share requests by the draw, both sides of the bound', () => {
    const candidate = { revision: 'new', trafficPercent: 25 } as const
    expect(routeRequest('old', { ...candidate, mode: 'canary' }, 0.2499)).toEqual({ answers: 'new', hears: null })
    expect(routeRequest('old', { ...candidate, mode: 'canary' }, 0.25)).toEqual({ answers: 'old', hears: null })
    expect(routeRequest('old', { ...candidate, mode: 'shadow' }, 0.1)).toEqual({ answers: 'old', hears: 'new' })
    expect(routeRequest('old', { ...candidate, mode: 'shadow' }, 0.9)).toEqual({ answers: 'old', hears: null })
    expect(routeRequest('old', null, 0)).toEqual({ answers: 'old', hears: null })
  })
})
