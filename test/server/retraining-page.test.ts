import { describe, expect } from 'vitest'
import { gateOf } from '#app/commands/deployments.ts'
import { approveRetraining, requestRetraining } from '#app/commands/retrainings.ts'
import { addRetrainingSchedule, fireSchedules } from '#app/commands/schedules.ts'
import { suspendCriterion } from '#app/commands/suspensions.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import type { EngagementDoor } from '#app/server/page.server.ts'
import { retrainingPage } from '#app/server/retraining-page.server.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { listEvents } from '#db/queries/events.ts'
import { newId } from '#db/new-id.ts'
import { listRetrainings } from '#db/queries/retrainings.ts'
import { query } from '#test/support/database.ts'
import { as, NOW, ORIGIN } from '#test/support/factories.ts'
import type { RetrainingStage } from '#test/support/retraining.ts'
import { strikes, test } from '#test/support/retraining.ts'

const FRESH = strikes('8,140,Climb,Night,A,B,C,Small,Gull,0')

/** What the page of a retraining sends to somebody's browser. */
const pageFor = ({ pools, fixture: { engagementId } }: RetrainingStage, actor: PersonActor, id: RetrainingId) =>
  pools.web.as({ personId: actor.personId }, async (tx) => {
    const door = {
      ...{ tx, engagementId, actor, now: NOW, params: { retrainingId: id } },
      engagement: await getEngagement(tx, engagementId),
      standing: await getStanding(tx, actor, engagementId),
    }
    // What the page reads of its door.
    return retrainingPage(door as unknown as EngagementDoor, gateOf)
  })

/** Asked for, with fresh data, and looked at by a worker. */
async function checked(stage: RetrainingStage): Promise<RetrainingId> {
  const { pools, fixture, endpointId, importCsv } = stage
  await importCsv('train', FRESH)
  const id = await requestRetraining(as(pools, fixture.lead), { engagementId: fixture.engagementId, endpointId })
  await stage.check(id)
  return id
}

describe('the page of a retraining', () => {
  test('compares with the verdicts of now until it is decided, and keeps what was decided on', async ({
    stage,
    database,
  }) => {
    const { pools, fixture, round } = stage
    const { engagementId, lead } = fixture
    const id = await checked(stage)
    await stage.work(0.9)
    await round()
    await round()
    const before = await pageFor(stage, lead, id)
    expect(before.comparison?.rows).toMatchObject([{ key: 'C1', outcome: 'better' }])
    expect(before.retraining.shown).toBeNull()
    const shown = before.comparison?.hash ?? ''
    await approveRetraining(as(pools, lead), { engagementId, retrainingId: id, shown, rationale: '' })

    // What is in force changes: nothing is compared by this criterion any more.
    const [criterion] = await query(database.ownerUrl, (sql) => sql`select id from criteria`)
    const criterionId = toId<CriterionId>(criterion?.['id'] as string) // the column holds an id
    await suspendCriterion(as(pools, lead), { engagementId, criterionId, reason: 'law', evidence: 'x', origin: ORIGIN })
    const after = await pageFor(stage, lead, id)
    expect(after.comparison).toBeNull()
    expect(after.retraining.shown).toEqual([
      { key: 'C1', version: 1, outcome: 'better', verdict: 'met', reason: before.comparison?.rows[0]?.reason },
    ])
  })
  test('tells a client neither the name of the schedule nor what the job said; the team sees both', async ({
    stage,
  }) => {
    const { pools, fixture, endpointId, importCsv } = stage
    const { engagementId, lead, client } = fixture
    const form = ScheduleForm.parse({
      ...{ name: 'Before the audit', trigger: 'time', cron: '0 * * * *', timeZone: 'UTC' },
      ...{ overlap: 'skip', misfire: 'once', requestKey: newId() },
    })
    await addRetrainingSchedule(as(pools, lead), { engagementId, endpointId, form })
    await importCsv('train', FRESH)
    await fireSchedules(pools.worker, new Date('2026-03-02T10:00:02Z'))
    const { id } = found((await stage.list())[0])
    await stage.check(id)
    const end = { state: 'failed', reasonCode: 'exception', reason: 'KeyError: margin', exitCode: null } as const
    await stage.work(0.9, end)
    await stage.round()

    const team = await pageFor(stage, lead, id)
    expect(team.retraining).toMatchObject({ state: 'failed', triggerNote: 'Before the audit' })
    expect(team.job).toMatchObject({ state: 'failed', reason: 'KeyError: margin' })
    const theirs = await pageFor(stage, client, id)
    expect(theirs.job).toBeNull()
    expect(theirs.retraining).toMatchObject({ trigger: 'schedule', reason: 'The training failed.' })
    const read = await pools.web.as({ personId: client.personId }, async (tx) => ({
      events: await listEvents(tx, engagementId, 100),
      list: await listRetrainings(tx, engagementId),
    }))
    expect(read.events.map(({ summary }) => summary)).toContain(
      `A schedule of ${lead.name} retrains ${theirs.retraining.slug}.`,
    )
    expect(JSON.stringify([theirs, read])).not.toMatch(/Before the audit|KeyError/)
  })
})
