import { describe, expect } from 'vitest'
import type { BroughtWheel } from '#app/commands/environments.ts'
import { addEnvironment, addEnvironmentVersion } from '#app/commands/environments.ts'
import { beginJob, endJob } from '#app/commands/job-execution.ts'
import { cancelJob, replayJob, requestTraining } from '#app/commands/jobs.ts'
import { addSchedule } from '#app/commands/schedules.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { EnvironmentForm, EnvironmentVersionForm, parseWheelName } from '#app/domain/environment.ts'
import { found } from '#app/domain/errors.ts'
import type { EnvironmentVersionId } from '#app/domain/ids.ts'
import type { JobEnd } from '#app/domain/job.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import { newId } from '#db/new-id.ts'
import { environmentOptions, getEnvironmentVersion, listEnvironments, listEnvironmentVersions, listPackages } from '#db/queries/environments.ts' // prettier-ignore
import { getJob, listJobs } from '#db/queries/jobs.ts'
import { listHeld } from '#db/queries/storage.ts'
import { aBlob } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { anEngagement, as, NOW } from '#test/support/factories.ts'

function wheel(name: string, version = '1.0', digit = 'a'): BroughtWheel {
  const read = parseWheelName(`${name}-${version}-py3-none-any.whl`)
  if (typeof read === 'string') throw new Error(read)
  return { ...read, blob: aBlob(digit.repeat(64)) }
}

const make = (
  pools: Pools,
  { engagementId, lead }: EngagementFixture,
  change: {
    name?: string
    wheels?: readonly BroughtWheel[]
    requestKey?: string
    who?: PersonActor
  } = {},
) =>
  addEnvironment(as(pools, change.who ?? lead), {
    engagementId,
    form: EnvironmentForm.parse({ name: change.name ?? 'text-tools', requestKey: change.requestKey ?? newId() }),
    wheels: change.wheels ?? [wheel('a')],
  })

const next = (
  pools: Pools,
  { engagementId, lead }: EngagementFixture,
  from: EnvironmentVersionId,
  change: { keep?: readonly string[]; wheels?: readonly BroughtWheel[]; requestKey?: string } = {},
) =>
  addEnvironmentVersion(as(pools, lead), {
    engagementId,
    from,
    form: EnvironmentVersionForm.parse({
      requestKey: change.requestKey ?? newId(),
      ...Object.fromEntries((change.keep ?? []).map((name) => [`keep:${name}`, 'yes'])),
    }),
    wheels: change.wheels ?? [],
  })

const SUCCEEDED: JobEnd = { state: 'succeeded', reasonCode: null, reason: '', exitCode: 0 }
const BROKEN: JobEnd = { state: 'failed', reasonCode: 'exit_code', reason: 'It ended with 1.', exitCode: 1 }

const begin = async (pools: Pools) =>
  found(
    await beginJob(pools.worker, {
      ...{ workerId: 'w', executor: 'cage', environment: 'python, here', interpreter: 'python', now: NOW },
    }),
  )

/** Do the next job, as a worker does. */
async function work(pools: Pools, end: JobEnd = SUCCEEDED) {
  const { lease } = await begin(pools)
  await endJob(pools.worker, lease, { end, variation: 0.5, now: NOW })
  return lease
}

const version = (pools: Pools, { engagementId, lead }: EngagementFixture, id: EnvironmentVersionId) =>
  pools.web.as({ personId: lead.personId }, (tx) => getEnvironmentVersion(tx, engagementId, id))

const train = (pools: Pools, { engagementId, lead }: EngagementFixture, environmentVersionId: EnvironmentVersionId) =>
  requestTraining(as(pools, lead), {
    engagementId,
    recipe: { key: 'bird-strike-damage', title: 'Bird-strike damage' },
    ...{ runName: 'r', parameters: {}, datasets: [], idempotencyKey: null, environmentVersionId },
  })

describe('an environment', () => {
  test('is built by a job without a token, and can be run in when that succeeded', async ({ pools, fixture }) => {
    const id = await make(pools, fixture, { wheels: [wheel('b', '2.0', 'b'), wheel('a')] })
    expect(await version(pools, fixture, id)).toMatchObject({
      ...{ label: 'text-tools v1', state: 'building', packageCount: 2, interpreter: '', note: '' },
    })
    await expect(train(pools, fixture, id)).rejects.toMatchObject({
      ...{ code: 'invalid', fields: { environment: 'text-tools v1 is not ready; choose a version that is.' } },
    })
    const { lease, token } = await begin(pools)
    expect(lease).toMatchObject({ kind: 'build_environment', payload: { environmentVersionId: id } })
    expect(token).toBeNull()
    await endJob(pools.worker, lease, { end: SUCCEEDED, variation: 0.5, now: NOW })
    expect(await version(pools, fixture, id)).toMatchObject({ state: 'ready', interpreter: 'python' })
    const jobId = await train(pools, fixture, id)
    const job = await pools.web.as({ personId: fixture.lead.personId }, (tx) => getJob(tx, fixture.engagementId, jobId))
    expect(job.payload.environmentVersionId).toBe(id)
  })

  test('has a name that nobody takes for another', async ({ pools, fixture }) => {
    await make(pools, fixture)
    for (const name of ['text-tools', 'Text  Tools', 'built-in'])
      await expect(make(pools, fixture, { name })).rejects.toMatchObject({
        ...{ code: 'invalid', fields: { name: expect.stringMatching(/choose another name/i) } },
      })
    const { engagementId, lead } = fixture
    const names = await pools.web.as({ personId: lead.personId }, (tx) => listEnvironments(tx, engagementId))
    expect(names.map(({ name }) => name)).toEqual(['text-tools'])
  })

  test('that was broken never replaces one that works, and is built again only then', async ({ pools, fixture }) => {
    const first = await make(pools, fixture)
    const built = await work(pools)
    const second = await next(pools, fixture, first, { keep: ['a'], wheels: [wheel('b', '1.0', 'b')] })
    const broken = await work(pools, BROKEN)
    const options = () =>
      pools.web.as({ personId: fixture.lead.personId }, (tx) => environmentOptions(tx, fixture.engagementId))
    expect(await options()).toEqual([{ id: first, label: 'text-tools v1 (1 package, python)' }])
    await expect(train(pools, fixture, second)).rejects.toMatchObject({ code: 'invalid' })
    expect(await train(pools, fixture, first)).toMatch(/-/)

    const again = (jobId: typeof broken.id) =>
      replayJob(as(pools, fixture.lead), { engagementId: fixture.engagementId, jobId, idempotencyKey: newId() })
    // Two tabs: one build of it at a time.
    const [one, other] = await Promise.allSettled([again(broken.id), again(broken.id)])
    expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected'])
    await expect(again(broken.id)).rejects.toMatchObject({ code: 'refused', message: /being built already/ })
    await expect(again(built.id)).rejects.toMatchObject({ code: 'refused' })
    const { lease } = await begin(pools)
    const training = lease.kind === 'train'
    await endJob(pools.worker, lease, { end: SUCCEEDED, variation: 0.5, now: NOW })
    if (training) await work(pools)
    expect(await version(pools, fixture, second)).toMatchObject({ state: 'ready', packageCount: 2 })
    await expect(again(broken.id)).rejects.toMatchObject({ code: 'refused', message: /a version never changes/ })
  })

  test('whose build was cancelled is not ready', async ({ pools, fixture }) => {
    const id = await make(pools, fixture)
    const { buildId } = await version(pools, fixture, id)
    await cancelJob(as(pools, fixture.lead), { engagementId: fixture.engagementId, jobId: buildId })
    expect((await version(pools, fixture, id)).state).toBe('failed')
  })

  test('gets its next version from one that is kept; schedules stay on what they pin', async ({
    pools,
    fixture,
    database,
  }) => {
    const first = await make(pools, fixture, { wheels: [wheel('a'), wheel('b', '1.0', 'b')] })
    await work(pools)
    const { engagementId, lead } = fixture
    await addSchedule(as(pools, lead), {
      engagementId,
      form: ScheduleForm.parse({
        ...{ name: 's', trigger: 'time', cron: '0 * * * *', timeZone: 'UTC', overlap: 'skip', misfire: 'skip' },
        requestKey: newId(),
      }),
      job: {
        recipe: { key: 'bird-strike-damage', title: 'Bird-strike damage' },
        ...{ runName: 'r', parameters: {}, datasets: [], environmentVersionId: first },
      },
    })
    const second = await next(pools, fixture, first, { keep: ['b'], wheels: [wheel('c', '3.0', 'c')] })
    await work(pools)
    const packages = await pools.web.as({ personId: lead.personId }, (tx) => listPackages(tx, second))
    expect(packages.map((one) => `${one.name} ${one.version}`)).toEqual(['b 1.0', 'c 3.0'])
    const pinned = await query(database.ownerUrl, (sql) => sql`select payload from schedules`)
    expect(pinned).toMatchObject([{ payload: { environmentVersionId: first } }])
    const all = await pools.web.as({ personId: lead.personId }, (tx) => listEnvironmentVersions(tx, engagementId))
    expect(all.map((one) => [one.number, one.state])).toEqual([
      [2, 'ready'],
      [1, 'ready'],
    ])
    await expect(next(pools, fixture, first, { keep: ['a', 'b'] })).rejects.toMatchObject({
      fields: { file: /Nothing would change/ },
    })
    await expect(next(pools, fixture, first)).rejects.toMatchObject({ fields: { file: /at least one wheel/ } })
  })
})

describe('a form of an environment', () => {
  test('that is sent twice makes one; another under its name, or with its key, makes none', async ({
    pools,
    fixture,
  }) => {
    const requestKey = newId()
    const made = await Promise.all([make(pools, fixture, { requestKey }), make(pools, fixture, { requestKey })])
    expect(new Set(made).size).toBe(1)
    await expect(make(pools, fixture)).rejects.toMatchObject({ code: 'invalid', fields: { name: /of this name/ } })
    await expect(make(pools, fixture, { requestKey, wheels: [wheel('z')] })).rejects.toMatchObject({ code: 'conflict' })
    await expect(make(pools, fixture, { requestKey, name: 'another' })).rejects.toMatchObject({ code: 'conflict' })
    const [id] = made
    const again = newId()
    const change = { keep: ['a'], wheels: [wheel('b', '1.0', 'b')], requestKey: again }
    expect(await next(pools, fixture, id, change)).toBe(await next(pools, fixture, id, change))
    const jobs = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listJobs(tx, fixture.engagementId))
    expect(jobs).toHaveLength(2)
  })

  test('of a client, of somebody without a job to do, and of another engagement is refused; nobody of theirs sees it', async ({
    pools,
    fixture,
  }) => {
    const id = await make(pools, fixture)
    await expect(make(pools, fixture, { name: 'x', who: fixture.client })).rejects.toMatchObject({ code: 'refused' })
    const foreign = await anEngagement(pools, fixture.lead, 'Another Client')
    await expect(next(pools, foreign, id, { wheels: [wheel('b')] })).rejects.toMatchObject({ code: 'not_found' })
    await expect(train(pools, foreign, id)).rejects.toMatchObject({ code: 'not_found' })
    for (const who of [fixture.client, foreign.client]) {
      const seen = await pools.web.as({ personId: who.personId }, (tx) =>
        listEnvironmentVersions(tx, fixture.engagementId),
      )
      expect(seen).toEqual([])
    }
  })
})

test('what is locked can be changed by nobody, and its wheels are kept', async ({ pools, fixture }) => {
  const id = await make(pools, fixture)
  for (const pool of [pools.web, pools.worker])
    await expect(
      pool.as({ personId: fixture.lead.personId }, (tx) => tx.execute(`update environment_packages set version = '9'`)),
    ).rejects.toThrow()
  expect(await pools.worker.as({}, (tx) => listHeld(tx, fixture.engagementId, ['a'.repeat(64)]))).toEqual(
    new Set(['a'.repeat(64)]),
  )
  expect((await version(pools, fixture, id)).packageCount).toBe(1)
})
