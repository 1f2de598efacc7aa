import { describe, expect } from 'vitest'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { giveSeat } from '#app/commands/engagements.ts'
import { decideWaiver, requestWaiver } from '#app/commands/gate-waivers.ts'
import { judgeEngagement } from '#app/commands/judging.ts'
import { sendModelVersion } from '#app/commands/model-sign-offs.ts'
import { voidSignOff } from '#app/commands/sign-off-acts.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { setSigningRule } from '#app/commands/signing-rule.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { ModelVersionId, SignOffId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/outcome.ts'
import { readPageDocument } from '#app/domain/page-document.ts'
import { newId } from '#db/new-id.ts'
import { askEvidence } from '#db/queries/evidence.ts'
import { listEvents } from '#db/queries/events.ts'
import { getModelVersion, insertModelVersion, lockModel } from '#db/queries/models.ts'
import { getShownDocument } from '#db/queries/sign-off-case.ts'
import { getSignOff, listOpenSignOffs, listSignOffsOf } from '#db/queries/sign-offs.ts'
import { listWaiting } from '#db/queries/waiting.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { actorOf, anEngagement, as, aSignedCriterion, aSignedProblem, NOW, ORIGIN } from '#test/support/factories.ts'
import { aServableVersion, aVerifiedRun, judgeAll } from '#test/support/runs.ts'

const RULE = { riskTier: 'standard', quorum: 1, isInOrder: false, awaitsFeedback: false, recurDays: null } as const
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)

/** A version whose run met the one signed criterion. */
async function aJudgedVersion(pools: Pools, fixture: EngagementFixture) {
  await aSignedProblem(pools, fixture)
  await aSignedCriterion(pools, fixture)
  const runId = await aVerifiedRun(pools, fixture)
  await judgeAll(pools, fixture)
  return { runId, modelVersionId: await aServableVersion(pools, fixture, { runId }) }
}

const send = (
  pools: Pools,
  { engagementId, lead }: EngagementFixture,
  modelVersionId: ModelVersionId,
  { who = lead, now = NOW }: { who?: PersonActor; now?: Date } = {},
) => sendModelVersion(as(pools, who, now), { engagementId, modelVersionId, origin: ORIGIN })

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

async function decide(
  pools: Pools,
  fixture: EngagementFixture,
  signOffId: SignOffId,
  { outcome = 'approved', who = fixture.client, now = NOW }: { outcome?: Outcome; who?: PersonActor; now?: Date } = {},
) {
  const { engagementId } = fixture
  const { subjectHash } = await read(pools, who, (tx) => getSignOff(tx, engagementId, signOffId))
  return decideSignOff(as(pools, who, now), {
    engagementId,
    signOffId,
    shownHash: subjectHash,
    outcome,
    rationale: outcome === 'approved' ? '' : 'Not this one.',
    origin: ORIGIN,
  })
}

const shownRows = async (pools: Pools, { engagementId, client }: EngagementFixture, signOffId: SignOffId) => {
  const { rows } = readPageDocument(await read(pools, client, (tx) => getShownDocument(tx, engagementId, signOffId)))
  return Object.fromEntries(rows.map(({ term, value }) => [term, value]))
}

const statesOf = (pools: Pools, { engagementId, lead }: EngagementFixture, modelVersionId: ModelVersionId) =>
  read(pools, lead, async (tx) => (await listSignOffsOf(tx, engagementId, modelVersionId)).map(({ state }) => state))

describe('a model version that is sent for signature', () => {
  test('shows the client what is known of it in that moment, and keeps saying that', async ({
    pools,
    database,
    fixture,
  }) => {
    const { engagementId, client } = fixture
    const { runId, modelVersionId } = await aJudgedVersion(pools, fixture)
    const signOffId = await send(pools, fixture, modelVersionId)
    const rows = await shownRows(pools, fixture, signOffId)
    expect(rows).toMatchObject({
      Run: `r (${runId})`,
      'How the run came about': expect.stringMatching(/^A worker of this portal executed it as the job .* finished/),
      'C1 Rank damaging strikes first, version 1': expect.stringMatching(
        /^Met: .*\nValue 0\.95, 95 % interval [\d.]+ to [\d.]+, n 1848, measured .* on the digest (d1)+\.\n.*SHA-256 of the signed text: [0-9a-f]{64}$/,
      ),
      'What is not met': 'Nothing: every other condition for going live is met.',
      Deployments: 'None: it was never deployed.',
      'Files, by SHA-256': expect.stringContaining('model.onnx a'),
    })
    const asked = await read(pools, client, (tx) => listOpenSignOffs(tx))
    expect(asked.map(({ id, title }) => [id, title.replace(/model .*,/, 'm,')])).toEqual([
      [signOffId, 'Model m, version 1'],
    ])

    // Another verdict, and the same run registered again, are not what was shown.
    await query(database.ownerUrl, (sql) => sql`update latest_metrics set value = 0.5`)
    await pools.worker.as({}, (tx) => judgeEngagement(tx, { engagementId, now: later(1) }))
    const again = await aServableVersion(pools, fixture, { runId })
    await decide(pools, fixture, signOffId, { now: later(2) })
    expect(await shownRows(pools, fixture, signOffId)).toEqual(rows)
    expect(await statesOf(pools, fixture, modelVersionId)).toEqual(['approved'])
    expect(await statesOf(pools, fixture, again)).toEqual([])
    const events = await read(pools, client, (tx) => listEvents(tx, engagementId, 100))
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['model_version.sent', 'model_version.decided']),
    )
  })

  test('names what is not met, and a run that no worker executed', async ({ pools, fixture }) => {
    await aSignedCriterion(pools, fixture)
    const modelVersionId = await aServableVersion(pools, fixture, { files: { 'model.onnx': 'a' } })
    const rows = await shownRows(pools, fixture, await send(pools, fixture, modelVersionId))
    expect(rows['Run']).toContain('None: it was registered from x')
    expect(rows['What is not met']).toContain('- The problem statement is signed:')
    expect(rows['What is not met']).toContain('This model was never measured against it.')
    expect(rows['What is not met']).not.toContain('The model version is signed')
  })

  test('names a waiver that is in force, and none that is over', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, fixture)
    const modelVersionId = await aServableVersion(pools, fixture)
    const asked = { reason: 'The old model is down.', risk: 'More false alarms.', days: 1, origin: ORIGIN }
    const waiverId = await requestWaiver(as(pools, lead), { ...asked, engagementId, modelVersionId })
    await decideWaiver(as(pools, client), { engagementId, waiverId, outcome: 'granted' })
    const signOffId = await send(pools, fixture, modelVersionId)
    expect((await shownRows(pools, fixture, signOffId))['Waivers in force']).toBe(
      '- The old model is down. Risk: More false alarms. Until 2026-03-03 09:00:00 UTC',
    )
    await voidSignOff(as(pools, lead), { engagementId, signOffId, reason: 'Anew.', origin: ORIGIN })
    const anew = await send(pools, fixture, modelVersionId, { now: later(24 * 60) })
    expect(await shownRows(pools, fixture, anew)).not.toHaveProperty('Waivers in force')
  })

  test('is sent by the lead, once at a time, and by nobody of another table', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const other = await anEngagement(pools, lead, 'Other')
    const modelVersionId = await aServableVersion(pools, fixture)
    await expect(send(pools, fixture, modelVersionId, { who: client })).rejects.toMatchObject({ code: 'refused' })
    await expect(send(pools, fixture, modelVersionId, { who: other.client })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(send(pools, other, modelVersionId)).rejects.toMatchObject({ code: 'not_found' })
    await expect(send(pools, fixture, newId<ModelVersionId>())).rejects.toMatchObject({ code: 'not_found' })
    const both = await Promise.allSettled([send(pools, fixture, modelVersionId), send(pools, fixture, modelVersionId)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await statesOf(pools, fixture, modelVersionId)).toEqual(['awaiting_approval'])

    const [open] = await read(pools, client, (tx) => listSignOffsOf(tx, engagementId, modelVersionId))
    await voidSignOff(as(pools, lead), {
      engagementId,
      signOffId: open?.id ?? newId<SignOffId>(),
      reason: 'Not yet.',
      origin: ORIGIN,
    })
    await send(pools, fixture, modelVersionId, { now: later(1) })
    expect(await statesOf(pools, fixture, modelVersionId)).toEqual(['awaiting_approval', 'voided'])
  })

  test('goes live in any tier only with the answer that was asked for', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const { modelVersionId } = await aJudgedVersion(pools, fixture)
    const deploy = () => deployModelVersion(as(pools, lead), { engagementId, modelVersionId })
    const signOffId = await send(pools, fixture, modelVersionId)
    await expect(deploy()).rejects.toMatchObject({ message: /The model version is signed: .*Awaiting signature/ })
    await decide(pools, fixture, signOffId, { outcome: 'rejected' })
    await expect(deploy()).rejects.toMatchObject({ message: /Rejected/ })
    await decide(pools, fixture, await send(pools, fixture, modelVersionId, { now: later(1) }))
    await deploy()
  })

  test('that was rejected waits for the lead until another version of the model is registered', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead } = fixture
    const modelVersionId = await aServableVersion(pools, fixture)
    const signOffId = await send(pools, fixture, modelVersionId)
    await decide(pools, fixture, signOffId, { outcome: 'rejected' })
    const waiting = () => read(pools, lead, (tx) => listWaiting(tx, lead.personId))
    expect(await waiting()).toMatchObject([{ kind: 'came_back', id: signOffId, state: 'rejected' }])
    await read(pools, lead, async (tx) => {
      const { modelName } = await getModelVersion(tx, engagementId, modelVersionId)
      await insertModelVersion(tx, {
        ...{ id: newId<ModelVersionId>(), engagementId, modelId: await lockModel(tx, engagementId, modelName) },
        ...{ state: 'ready', runId: null, loggedModelId: null, source: 'x', description: '', userName: 'x' },
        files: {},
        at: NOW,
      })
    })
    expect(await waiting()).toEqual([])
  })

  test('is asked for by the highest tier, from somebody else than who trained it', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const { modelVersionId } = await aJudgedVersion(pools, fixture)
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, riskTier: 'high' })
    await expect(deployModelVersion(as(pools, lead), { engagementId, modelVersionId })).rejects.toMatchObject({
      message: /The risk tier asks for it/,
    })
    await expect(send(pools, fixture, modelVersionId)).rejects.toMatchObject({ message: /a second person on our side/ })
  })

  test('is superseded by a newer signature under the same version, not by the asking', async ({ pools, fixture }) => {
    const { modelVersionId } = await aJudgedVersion(pools, fixture)
    await decide(pools, fixture, await send(pools, fixture, modelVersionId))
    const second = await send(pools, fixture, modelVersionId, { now: later(1) })
    expect(await statesOf(pools, fixture, modelVersionId)).toEqual(['awaiting_approval', 'approved'])
    await decide(pools, fixture, second, { now: later(2) })
    expect(await statesOf(pools, fixture, modelVersionId)).toEqual(['approved', 'superseded'])
  })

  test('stands in the evidence from the last signature that its rule asks for', async ({
    pools,
    database,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const second = await giveSeat(as(pools, lead), {
      engagementId,
      name: 'Bo Second',
      email: 'bo@acme.test',
      function: 'domain_expert',
      raci: 'A',
      origin: ORIGIN,
    })
    const { modelVersionId } = await aJudgedVersion(pools, fixture)
    await deployModelVersion(as(pools, lead), { engagementId, modelVersionId })
    await query(
      database.ownerUrl,
      (sql) => sql`update deployments set state = 'live', live_from = ${NOW.toISOString()}`,
    )
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, quorum: 2 })
    const signOffId = await send(pools, fixture, modelVersionId)
    await decide(pools, fixture, signOffId, { now: later(1) })
    const signedAsOf = (minutes: number) =>
      read(pools, client, async (tx) => (await askEvidence(tx, engagementId, later(minutes)))[0]?.modelSignedBy)
    expect(await signedAsOf(5)).toBeNull()
    await decide(pools, fixture, signOffId, { who: await actorOf(pools, second), now: later(10) })
    expect(await signedAsOf(5)).toBeNull()
    expect(await signedAsOf(10)).toBe('Bo Second')
  })
})
