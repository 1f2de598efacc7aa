import { describe, expect } from 'vitest'
import { describeDataset } from '#app/commands/datasets.ts'
import { issueExternalEvent, previewExternalEvent, resolveFlag } from '#app/commands/external-events.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { DatasetTermsForm } from '#app/domain/dataset.ts'
import { found } from '#app/domain/errors.ts'
import type { ExternalEventInput } from '#app/domain/external-event.ts'
import { ExternalEventForm } from '#app/domain/external-event.ts'
import { newId } from '#db/new-id.ts'
import { listChanges } from '#db/queries/changes.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { listExternalEvents, listFlags, listTouchable } from '#db/queries/external-events.ts'
import { listEvents } from '#db/queries/events.ts'
import { listRegister } from '#db/queries/registers.ts'
import { listDecisionHeads } from '#db/queries/sign-offs.ts'
import { listWaiting } from '#db/queries/waiting.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aFirm, anEngagement, as, aSignedCriterion, ORIGIN } from '#test/support/factories.ts'

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

const anEvent = (touched: Record<string, string>): ExternalEventInput =>
  ExternalEventForm.parse({
    title: 'Consent is asked anew',
    whatChanged: 'Consent given before 2026 lapses.',
    source: 'Official Journal L 12',
    effectiveOn: '2026-06-01',
    ...touched,
  })

async function onConsent(pools: Pools, { engagementId, lead, datasetVersionId }: EngagementFixture): Promise<void> {
  const terms = DatasetTermsForm.parse({ legalBasis: 'consent', purposes: 'triage' })
  await describeDataset(as(pools, lead), { engagementId, id: datasetVersionId, terms })
}

/** A run on the data of an engagement, the model it made, and where that is live. */
async function liveModel(ownerUrl: string, { engagementId, datasetVersionId, lead }: EngagementFixture): Promise<void> {
  const slug = `triage-${engagementId.slice(0, 8)}`
  await query(ownerUrl, async (sql) => {
    const [experiment] = await sql<
      { id: string }[]
    >`insert into experiments (engagement_id, name, created_at, updated_at)
      values (${engagementId}, 'e', now(), now()) returning id`
    const run = engagementId.replaceAll('-', '')
    await sql`insert into runs (id, engagement_id, experiment_id, name, state, created_at)
      values (${run}, ${engagementId}, ${found(experiment).id}, 'run 1', 'finished', now())`
    await sql`insert into run_inputs (engagement_id, run_id, dataset_version_id, role) values (${engagementId}, ${run}, ${datasetVersionId}, 'training')`
    const [model, version, endpoint] = [newId(), newId(), newId()]
    await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${model}, ${engagementId}, 'triage', now(), now())`
    await sql`insert into model_versions (id, engagement_id, model_id, version, state, run_id, source, files, created_at, updated_at)
      values (${version}, ${engagementId}, ${model}, 1, 'ready', ${run}, 'x', '{}', now(), now())`
    await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at) values (${endpoint}, ${engagementId}, ${model}, ${slug}, now())`
    await sql`insert into deployments (id, engagement_id, endpoint_id, model_version_id, revision, state, gate, requested_by, requested_at)
      values (${newId()}, ${engagementId}, ${endpoint}, ${version}, 1, 'live', '[]', ${lead.personId}, now())`
  })
}

async function issue(pools: Pools, who: PersonActor, form: ExternalEventInput, issueId: string = newId()) {
  const { shownHash } = await previewExternalEvent(as(pools, who), form)
  return issueExternalEvent(as(pools, who), { issueId, shownHash, form, origin: ORIGIN })
}

describe('an external event', () => {
  test('is previewed in every engagement that the actor leads, and stores nothing', async ({
    pools,
    fixture,
    database,
  }) => {
    const { lead } = fixture
    const second = await anEngagement(pools, lead, 'Other Mills')
    await aSignedCriterion(pools, fixture)
    await onConsent(pools, fixture)
    await onConsent(pools, second)
    await liveModel(database.ownerUrl, fixture)
    const { reached } = await previewExternalEvent(as(pools, lead), anEvent({ 'basis-consent': 'yes' }))
    const byId = new Map(reached.map(({ engagement, affected }) => [engagement.id, affected]))
    expect(byId.get(fixture.engagementId)).toMatchObject({
      datasets: [{ name: 'holdout v1' }],
      criteria: [{ name: 'C1 v1', detail: 'agreed' }],
      runs: [{ name: 'run 1' }],
      modelVersions: [{ name: 'triage v1' }],
      deployments: [{ detail: 'live' }],
      endpoints: [{ slug: `triage-${fixture.engagementId.slice(0, 8)}` }],
      isCut: false,
    })
    expect(byId.get(second.engagementId)).toMatchObject({ datasets: [{ name: 'holdout v1' }], endpoints: [] })
    expect(await read(pools, lead, (tx) => listExternalEvents(tx, null))).toEqual([])
    expect((await previewExternalEvent(as(pools, lead), anEvent({ 'basis-contract': 'yes' }))).reached).toEqual([])
    // The same form sent again, as by reloading its answer, is another look.
    const sent = () => ({ ...as(pools, lead), formRequest: { personId: lead.personId, digest: 'a'.repeat(64) } })
    for (const look of [sent(), sent()])
      expect((await previewExternalEvent(look, anEvent({ 'basis-consent': 'yes' }))).reached).toHaveLength(2)
  })

  test('issued goes on the record, drafts a change, opens a risk, flags what is live and tells those concerned', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    await liveModel(database.ownerUrl, fixture)
    await issue(pools, lead, anEvent({ [`dataset-${fixture.datasetVersionId}`]: 'yes' }))
    const [event] = await read(pools, client, (tx) => listExternalEvents(tx, engagementId))
    expect(event).toMatchObject({ title: 'Consent is asked anew', affected: { endpoints: [{}] } })
    expect(await read(pools, lead, (tx) => listChanges(tx, engagementId))).toMatchObject([
      { state: 'draft', content: { title: 'Consent is asked anew', criteria: 'C1 v1', data: 'holdout v1' } },
    ])
    expect(await read(pools, client, (tx) => listRegister(tx, engagementId))).toMatchObject([
      { key: 'R1', title: 'Consent is asked anew', due: '2026-06-01', ownerName: lead.name },
    ])
    const heads = await read(pools, client, (tx) => listDecisionHeads(tx, engagementId, { before: null, limit: 9 }))
    expect(heads[0]).toMatchObject({ title: 'External event: Consent is asked anew', outcome: 'issued' })
    expect(await read(pools, client, (tx) => listFlags(tx, engagementId, { openOnly: true }))).toHaveLength(1)
    expect(await read(pools, lead, (tx) => listWaiting(tx, lead.personId))).toMatchObject([{ kind: 'flag' }])
    const agreed = await read(pools, lead, (tx) => getCriterion(tx, engagementId, criterionId))
    expect(agreed.versions[0]?.state).toBe('agreed')
    const told = await query(
      database.ownerUrl,
      (sql) =>
        sql<{ to_address: string }[]>`select to_address from mail_outbox where subject like 'Consent is asked anew%'`,
    )
    expect(told).toEqual([{ to_address: client.email }])
    const kinds = await read(pools, client, async (tx) =>
      (await listEvents(tx, engagementId, 50)).map(({ kind }) => kind),
    )
    expect(kinds).toContain('external_event.issued')
    expect(kinds).not.toContain('change.raised')
  })

  test('suspends the agreements when the issuer says that the law is the ground', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    await issue(pools, lead, anEvent({ [`criterion-${criterionId}`]: 'yes', isSuspending: 'yes' }))
    const { versions } = await read(pools, lead, (tx) => getCriterion(tx, engagementId, criterionId))
    expect(versions[0]?.state).toBe('suspended')
  })

  test('sent twice is issued once; a preview that is no more true is refused and leaves nothing', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead } = fixture
    const form = anEvent({ [`dataset-${fixture.datasetVersionId}`]: 'yes' })
    const { shownHash } = await previewExternalEvent(as(pools, lead), form)
    await liveModel(database.ownerUrl, fixture)
    const send = (hash: string, issueId: string) =>
      issueExternalEvent(as(pools, lead), { issueId, shownHash: hash, form, origin: ORIGIN })
    await expect(send(shownHash, newId())).rejects.toMatchObject({ code: 'conflict' })
    expect(await read(pools, lead, (tx) => listChanges(tx, engagementId))).toEqual([])
    const fresh = (await previewExternalEvent(as(pools, lead), form)).shownHash
    const issueId = newId()
    await Promise.all([send(fresh, issueId), send(fresh, issueId)])
    await send(fresh, issueId)
    expect(await read(pools, lead, (tx) => listExternalEvents(tx, null))).toHaveLength(1)
    expect(await read(pools, lead, (tx) => listChanges(tx, engagementId))).toHaveLength(1)
  })

  test('reaches nothing for a client', async ({ pools, fixture }) => {
    const { client } = fixture
    const form = anEvent({ [`dataset-${fixture.datasetVersionId}`]: 'yes' })
    const input = { issueId: newId(), shownHash: 'a'.repeat(64), form, origin: ORIGIN }
    expect((await previewExternalEvent(as(pools, client), form)).reached).toEqual([])
    await expect(issueExternalEvent(as(pools, client), input)).rejects.toMatchObject({ code: 'refused' })
  })

  test('has to touch something', () => {
    const parsed = ExternalEventForm.safeParse({
      title: 'x',
      whatChanged: 'x',
      source: 'x',
      effectiveOn: '2026-06-01',
      'basis-nothing': 'yes',
      'dataset-1': 'yes',
    })
    expect(parsed.error?.issues).toMatchObject([{ path: ['touched'] }])
  })
})

describe('what may be touched', () => {
  test('is listed for who leads, not for a colleague', async ({ pools }) => {
    const { lead, colleague } = await aFirm(pools)
    await anEngagement(pools, lead)
    const kinds = async (who: PersonActor) =>
      (await read(pools, who, (tx) => listTouchable(tx, who))).map(({ kind }) => kind)
    expect([await kinds(lead), await kinds(colleague)]).toEqual([['dataset'], []])
  })
})

describe('a flag', () => {
  test('is taken away by a decision with a reason, once, by the lead; it stays on the record', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    await liveModel(database.ownerUrl, fixture)
    await issue(pools, lead, anEvent({ [`dataset-${fixture.datasetVersionId}`]: 'yes' }))
    const [flag] = await read(pools, lead, (tx) => listFlags(tx, engagementId))
    const input = { engagementId, flagId: found(flag).id, reason: 'The data was asked for anew.' }
    await expect(resolveFlag(as(pools, client), input)).rejects.toMatchObject({ code: 'refused' })
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(resolveFlag(as(pools, other.client), input)).rejects.toMatchObject({ code: 'not_found' })
    await expect(resolveFlag(as(pools, lead), { ...input, engagementId: other.engagementId })).rejects.toMatchObject({
      code: 'not_found',
    })
    await resolveFlag(as(pools, lead), input)
    await expect(resolveFlag(as(pools, lead), input)).rejects.toMatchObject({ code: 'refused' })
    expect(await read(pools, client, (tx) => listFlags(tx, engagementId, { openOnly: true }))).toEqual([])
    expect(await read(pools, lead, (tx) => listWaiting(tx, lead.personId))).toEqual([])
    const heads = await read(pools, client, (tx) => listDecisionHeads(tx, engagementId, { before: null, limit: 9 }))
    expect(heads[0]).toMatchObject({ outcome: 'approved', rationale: 'The data was asked for anew.' })
    await expect(query(database.ownerUrl, (sql) => sql`update external_events set title = 'forged'`)).rejects.toThrow(
      /append-only/,
    )
  })
})
