import { addClient, addFirm, ensurePerson } from '#app/commands/accounts.ts'
import type { CommandContext } from '#app/commands/context.ts'
import { addCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import { sendProblem } from '#app/commands/problems.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import type { JobActor, PersonActor } from '#app/domain/actor.ts'
import type { CriterionInput } from '#app/domain/criterion.ts'
import { CriterionForm } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type {
  CriterionId,
  DatasetVersionId,
  EngagementId,
  JobId,
  OrganisationId,
  PersonId,
  SignOffId,
} from '#app/domain/ids.ts'
import { openDatabase } from '#db/client.server.ts'
import { newId } from '#db/new-id.ts'
import { ensureDatasetVersion } from '#db/queries/datasets.ts'
import { insertJob } from '#db/queries/jobs.ts'
import type { JobWork } from '#db/schema/jobs.ts'
import { findActor } from '#db/queries/people.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'
import type { Database } from '#db/types.ts'
import type { TestDatabase } from './database.ts'

export const NOW = new Date('2026-03-02T09:00:00.000Z')
export const ORIGIN = 'http://localhost:3000'

/** Pools of both roles on a test's database. */
export interface Pools {
  readonly web: Database
  readonly worker: Database
  close(): Promise<void>
}

export function openPools(database: TestDatabase): Pools {
  const web = openDatabase(database.webUrl, { connectionsMax: 4, name: 'test web' })
  const worker = openDatabase(database.workerUrl, { connectionsMax: 4, name: 'test worker' })
  return {
    web,
    worker,
    async close() {
      await web.close()
      await worker.close()
    },
  }
}

export function as<Who extends PersonActor | JobActor>(pools: Pools, actor: Who, now = NOW): CommandContext<Who> {
  return { database: pools.web, actor, now }
}

export async function actorOf(pools: Pools, personId: PersonId): Promise<PersonActor> {
  return found(await pools.web.as({ door: 'auth' }, (tx) => findActor(tx, personId)))
}

/** A consultancy with an owner who leads, and one more colleague who holds no seat. */
export async function aFirm(pools: Pools): Promise<{ lead: PersonActor; colleague: PersonActor }> {
  const ownerId = await pools.web.as({ door: 'auth' }, (tx) =>
    addFirm(tx, {
      firm: 'Test Consultancy',
      name: 'Olive Owner',
      email: 'owner@firm.test',
      passwordHash: 'none',
      now: NOW,
    }),
  )
  const owner = await actorOf(pools, ownerId)
  const add = async (name: string, email: string) => {
    const { personId } = await pools.web.as({ personId: owner.personId }, (tx) =>
      ensurePerson(tx, {
        name,
        email,
        organisationId: owner.organisationId,
        organisationKind: 'consultancy',
        role: 'member',
        now: NOW,
      }),
    )
    return actorOf(pools, personId)
  }
  return {
    lead: await add('Lea Lead', 'lead@firm.test'),
    colleague: await add('Cole Colleague', 'colleague@firm.test'),
  }
}

export interface EngagementFixture {
  readonly engagementId: EngagementId
  readonly organisationId: OrganisationId
  readonly lead: PersonActor
  /** The client's accountable person. */
  readonly client: PersonActor
  readonly datasetVersionId: DatasetVersionId
  readonly datasetDigest: string
}

/** An engagement of a new client, led by `lead`, with an accountable person and a hold-out dataset. */
export async function anEngagement(
  pools: Pools,
  lead: PersonActor,
  client = 'Acme Freight',
): Promise<EngagementFixture> {
  const organisationId = await addClient(as(pools, lead), { name: client })
  const engagementId = await openEngagement(as(pools, lead), {
    name: `Triage for ${client}`,
    clientOrganisationId: organisationId,
    problem: 'Which reports matter?',
    decisionSupported: 'What to inspect first.',
    affectedPeople: '',
    inScope: '- reports',
    outOfScope: '',
    targetEnd: undefined,
  })
  const clientId = await giveSeat(as(pools, lead), {
    engagementId,
    name: `Ann of ${client}`,
    email: `ann@${client.toLowerCase().replaceAll(' ', '-')}.test`,
    function: 'sponsor',
    raci: 'A',
    origin: ORIGIN,
  })
  const datasetDigest = 'd1'.repeat(16)
  const datasetVersionId = await pools.web.as({ personId: lead.personId }, (tx) =>
    ensureDatasetVersion(tx, {
      id: newId<DatasetVersionId>(),
      engagementId,
      name: 'holdout',
      description: '',
      licence: '',
      digest: datasetDigest,
      sha256: null,
      source: 'import',
      sourceNote: '',
      profile: { rows: 1848, columns: [], positives: 190 },
      at: NOW,
    }),
  )
  return { engagementId, organisationId, lead, client: await actorOf(pools, clientId), datasetVersionId, datasetDigest }
}

/** The criterion form as a browser sends it, parsed. */
export function aCriterionForm(datasetVersionId: string, change: Record<string, string> = {}): CriterionInput {
  return CriterionForm.parse({
    name: 'Rank damaging strikes first',
    why: 'Inspections cost hours.',
    metricKey: 'roc_auc',
    direction: 'higher',
    unit: '',
    baseline: '0.61',
    baselineAt: '2026-01-10',
    baselineSource: 'Today’s rule of thumb',
    target: '0.78',
    targetHigh: '',
    datasetVersionId,
    protocol: 'Trained on earlier years, measured once on the hold-out.',
    minimumRows: '1000',
    decisionRule: 'point',
    confidencePercent: '95',
    weight: '1',
    reviewBy: '',
    ...change,
  })
}

/** The open sign-off of an engagement, newest first. */
export async function openSignOffOf(pools: Pools, who: PersonActor, engagementId: EngagementId) {
  const all = await pools.web.as({ personId: who.personId }, (tx) => listSignOffs(tx, engagementId))
  return found(all.find((signOff) => signOff.state === 'awaiting_approval'))
}

export async function approve(pools: Pools, fixture: EngagementFixture, signOffId: SignOffId, now = NOW) {
  const signOff = await openSignOffOf(pools, fixture.client, fixture.engagementId)
  return decideSignOff(as(pools, fixture.client, now), {
    engagementId: fixture.engagementId,
    signOffId,
    shownHash: signOff.subjectHash,
    outcome: 'approved',
    rationale: '',
    origin: ORIGIN,
  })
}

/** A criterion that was sent and signed. */
export async function aSignedCriterion(
  pools: Pools,
  fixture: EngagementFixture,
  change: Record<string, string> = {},
): Promise<CriterionId> {
  const criterionId = await addCriterion(as(pools, fixture.lead), {
    engagementId: fixture.engagementId,
    form: aCriterionForm(fixture.datasetVersionId, change),
  })
  const signOffId = await sendCriterion(as(pools, fixture.lead), {
    engagementId: fixture.engagementId,
    criterionId,
    origin: ORIGIN,
  })
  await approve(pools, fixture, signOffId)
  return criterionId
}

export async function aSignedProblem(pools: Pools, fixture: EngagementFixture): Promise<void> {
  const signOffId = await sendProblem(as(pools, fixture.lead), { engagementId: fixture.engagementId, origin: ORIGIN })
  await approve(pools, fixture, signOffId)
}

/** What a training job is asked for, without data. */
export function training(runName: string): JobWork {
  return {
    kind: 'train',
    payload: { recipe: 'bird-strike-damage', runName, parameters: {}, datasets: [], environmentVersionId: null },
  }
}

/** The actor of a job's own token, with a job row behind it. */
export async function aJobActor(pools: Pools, fixture: EngagementFixture): Promise<JobActor> {
  const { id } = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    insertJob(tx, {
      id: newId<JobId>(),
      engagementId: fixture.engagementId,
      title: 'a job',
      work: training('a run'),
      idempotencyKey: null,
      requestedBy: fixture.lead.personId,
      at: NOW,
    }),
  )
  return { kind: 'job', jobId: id, name: 'a job', onlyEngagementId: fixture.engagementId }
}
