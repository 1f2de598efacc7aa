import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { addCriterion, editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { importDataset } from '#app/commands/datasets.ts'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import { requestTraining } from '#app/commands/jobs.ts'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { sendProblem } from '#app/commands/problems.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { addDeliverable } from '#app/commands/deliverables.ts'
import { logWork } from '#app/commands/work.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { CriterionInput } from '#app/domain/criterion.ts'
import { DATASET_BYTES_MAX } from '#app/domain/dataset.ts'
import type { EngagementInput, Raci, SeatFunction } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId, OrganisationId, RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { isJobEnded } from '#app/domain/job.ts'
import { findRecipe, parseRecipeParameters } from '#app/domain/recipe.ts'
import { parseWorkLine } from '#app/domain/work.ts'
import { storeCsv } from '#db/csv-import.server.ts'
import type { DemoDatasetName } from '#db/demo/datasets.server.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { listEngagements } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/seats.ts'
import { getJob, listRunsOfJob } from '#db/queries/jobs.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { listProblems } from '#db/queries/problems.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { listWork } from '#db/queries/work.ts'
import type { World } from './world.ts'
import { acting, asking } from './world.ts'

/** Steps of the demonstration: each does what its name says unless that was done, by the command that a page would call. */

const WAIT_SECONDS_MAX = 240

export async function ensureEngagement(
  world: World,
  lead: PersonActor,
  about: Omit<EngagementInput, 'clientOrganisationId'> & { client: OrganisationId; daysAgo: number },
): Promise<EngagementId> {
  const known = await asking(world, lead, (tx) => listEngagements(tx))
  const existing = known.find(
    ({ name, clientOrganisationId }) => name === about.name && clientOrganisationId === about.client,
  )
  if (existing) return existing.id
  const { client, daysAgo, ...form } = about
  return openEngagement(acting(world, lead, daysAgo), { ...form, clientOrganisationId: client })
}

export async function ensureSeat(
  world: World,
  by: { lead: PersonActor; engagementId: EngagementId; daysAgo: number },
  seat: { person: PersonActor; function: SeatFunction; raci: Raci },
): Promise<void> {
  const held = await asking(world, by.lead, (tx) => listSeats(tx, by.engagementId))
  if (held.some((one) => one.personId === seat.person.personId && one.function === seat.function)) return
  await giveSeat(acting(world, by.lead, by.daysAgo), {
    engagementId: by.engagementId,
    origin: world.config.origin,
    name: seat.person.name,
    email: seat.person.email,
    function: seat.function,
    raci: seat.raci,
  })
}

/** Bring one of the public data sets in, byte for byte. */
export async function ensureDataset(
  world: World,
  by: { who: PersonActor; engagementId: EngagementId; daysAgo: number },
  name: DemoDatasetName,
): Promise<DatasetVersionId> {
  const dataset = found(demoDatasets().find((one) => one.name === name))
  const target = dataset.profile.positives === undefined ? '' : dataset.target
  const { engagementId } = by
  const limits = { engagementId, target, bytesMax: DATASET_BYTES_MAX }
  const form = { name, description: dataset.description, sourceNote: dataset.source, licence: dataset.licence, target }
  return storeCsv(world.blobs, Readable.from([dataset.csv]), limits, (read) =>
    importDataset(acting(world, by.who, by.daysAgo), { engagementId, form, ...read }),
  )
}

export async function ensureProblemSigned(
  world: World,
  by: {
    lead: PersonActor
    client: PersonActor
    engagementId: EngagementId
    sentDaysAgo: number
    signedDaysAgo: number | null
  },
): Promise<void> {
  const [newest] = await asking(world, by.lead, (tx) => listProblems(tx, by.engagementId))
  if (newest?.state === 'draft') {
    await sendProblem(acting(world, by.lead, by.sentDaysAgo), {
      engagementId: by.engagementId,
      origin: world.config.origin,
    })
  }
  if (by.signedDaysAgo !== null) await sign(world, { ...by, subjectId: found(newest).id, daysAgo: by.signedDaysAgo })
}

export interface VersionStep {
  readonly form: CriterionInput
  readonly draftedDaysAgo: number
  /** Null: stays a draft. */
  readonly sentDaysAgo: number | null
  /** Null: waits for the client. */
  readonly signedDaysAgo: number | null
}

/** A criterion with its versions, one after the other. */
export async function ensureCriterion(
  world: World,
  by: { lead: PersonActor; client: PersonActor; engagementId: EngagementId },
  steps: readonly VersionStep[],
): Promise<void> {
  const name = found(steps[0]).form.name
  const versions = async () =>
    (await asking(world, by.lead, (tx) => listCriterionVersions(tx, by.engagementId))).filter(
      (version) => version.content.name === name,
    )
  for (const [index, step] of steps.entries()) {
    const known = await versions()
    const [first] = known
    const ctx = acting(world, by.lead, step.draftedDaysAgo)
    if (!first) await addCriterion(ctx, { engagementId: by.engagementId, form: step.form })
    else if (!known.some(({ version }) => version === index + 1))
      await editCriterion(ctx, { engagementId: by.engagementId, criterionId: first.criterionId, form: step.form })
    const version = found((await versions()).find((one) => one.version === index + 1))
    if (step.sentDaysAgo !== null && version.state === 'draft') {
      await sendCriterion(acting(world, by.lead, step.sentDaysAgo), {
        engagementId: by.engagementId,
        criterionId: version.criterionId,
        origin: world.config.origin,
      })
    }
    if (step.signedDaysAgo !== null) await sign(world, { ...by, subjectId: version.id, daysAgo: step.signedDaysAgo })
  }
}

async function sign(
  world: World,
  by: { client: PersonActor; engagementId: EngagementId; subjectId: string; daysAgo: number },
): Promise<void> {
  const signOffs = await asking(world, by.client, (tx) => listSignOffs(tx, by.engagementId))
  const open = signOffs.find((one) => one.subjectId === by.subjectId && one.state === 'awaiting_approval')
  if (!open) return
  await decideSignOff(acting(world, by.client, by.daysAgo), {
    engagementId: by.engagementId,
    signOffId: open.id,
    shownHash: open.subjectHash,
    outcome: 'approved',
    rationale: '',
    origin: world.config.origin,
  })
}

export interface Training {
  readonly key: string
  readonly recipe: string
  readonly runName: string
  readonly parameters: Readonly<Record<string, string>>
  readonly train: DatasetVersionId
  readonly test: DatasetVersionId
}

/** Start training jobs and wait until each has ended, whichever way. @returns the run of each job, null when it logged none */
export async function trainAll(
  world: World,
  by: { who: PersonActor; engagementId: EngagementId },
  trainings: readonly Training[],
): Promise<(RunId | null)[]> {
  const jobIds = []
  for (const training of trainings) {
    const recipe = found(findRecipe(training.recipe))
    const parameters = parseRecipeParameters(recipe, { ...training.parameters })
    if (!parameters.ok) throw new Error(`The demonstration's parameters of ${training.key} are wrong.`)
    jobIds.push(
      await requestTraining(acting(world, by.who), {
        engagementId: by.engagementId,
        recipe,
        runName: training.runName,
        parameters: parameters.values,
        datasets: [
          { role: 'train', datasetVersionId: training.train },
          { role: 'test', datasetVersionId: training.test },
        ],
        idempotencyKey: `demonstration:${training.key}`,
      }),
    )
  }
  return Promise.all(
    jobIds.map(async (jobId) => {
      const job = await until(`the job ${jobId}`, async () => {
        const read = await asking(world, by.who, (tx) => getJob(tx, by.engagementId, jobId))
        return isJobEnded(read.state) ? read : null
      })
      world.say(`${job.title}: ${job.state}`)
      const runs = await asking(world, by.who, (tx) => listRunsOfJob(tx, jobId))
      const finished = runs.find((run) => run.state === 'finished')
      return finished ? toRunId(finished.id) : null
    }),
  )
}

/** Register a run's model and put it live, if the gate lets it. */
export async function ensureLive(
  world: World,
  by: { who: PersonActor; engagementId: EngagementId },
  model: { name: string; runId: RunId },
): Promise<void> {
  const versions = await asking(world, by.who, (tx) => listModelVersions(tx, by.engagementId, { runId: model.runId }))
  const versionId =
    versions[0]?.id ??
    (await registerRunModel(acting(world, by.who), {
      engagementId: by.engagementId,
      name: model.name,
      runId: model.runId,
    }))
  const deployments = () =>
    asking(world, by.who, (tx) => listDeployments(tx, by.engagementId, { modelVersionId: versionId }))
  if ((await deployments()).length === 0)
    await deployModelVersion(
      { ...acting(world, by.who), now: new Date() },
      { engagementId: by.engagementId, modelVersionId: versionId },
    )
  const settled = await until('the deployment', async () => {
    const [newest] = await deployments()
    return newest && newest.state !== 'requested' && newest.state !== 'probing' ? newest : null
  })
  world.say(`${settled.slug}: ${settled.state}${settled.failure === null ? '' : `, ${settled.failure}`}`)
}

export async function ensureWork(
  world: World,
  engagementId: EngagementId,
  lines: readonly { who: PersonActor; line: string; daysAgo: number }[],
): Promise<void> {
  for (const { who, line, daysAgo } of lines) {
    const parsed = parseWorkLine(line)
    if ('error' in parsed) throw new Error(`The demonstration's line of work “${line}”: ${parsed.error}`)
    const logged = await asking(world, who, (tx) => listWork(tx, engagementId))
    if (logged.some((entry) => entry.note === parsed.note && entry.personName === who.name)) continue
    await logWork(acting(world, who, daysAgo), { engagementId, line })
  }
}

export async function ensureDeliverables(
  world: World,
  by: { lead: PersonActor; engagementId: EngagementId },
  deliverables: readonly { title: string; due: string }[],
): Promise<void> {
  const known = await asking(world, by.lead, (tx) => listDeliverables(tx, by.engagementId))
  for (const deliverable of deliverables) {
    if (known.some(({ title }) => title === deliverable.title)) continue
    await addDeliverable(acting(world, by.lead, 30), { engagementId: by.engagementId, ...deliverable })
  }
}

async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + WAIT_SECONDS_MAX * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${String(WAIT_SECONDS_MAX)} s for ${what}.`)
    await sleep(150)
  }
}
