import { describe, expect } from 'vitest'
import type { BroughtWheel } from '#app/commands/environments.ts'
import { addEnvironment, addEnvironmentVersion } from '#app/commands/environments.ts'
import { replayJob } from '#app/commands/jobs.ts'
import { storeWheels } from '#app/server/wheels.ts'
import { EnvironmentForm, EnvironmentVersionForm, ENVIRONMENT_DIGEST_TAG, ENVIRONMENT_TAG } from '#app/domain/environment.ts' // prettier-ignore
import { found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import type { EnvironmentVersionId, JobId } from '#app/domain/ids.ts'
import { isJobEnded } from '#app/domain/job.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { newId } from '#db/new-id.ts'
import { environmentDigest, getEnvironmentVersion, listPackages } from '#db/queries/environments.ts'
import { getJob, listJobLog, listRunsOfJob } from '#db/queries/jobs.ts'
import { traceLineage } from '#db/queries/lineage.ts'
import { findRunTag } from '#db/queries/runs.ts'
import { test as withDatabase } from '../support/database.ts'
import { aFirm, anEngagement, as, openPools } from '../support/factories.ts'
import { aStoredDataset, aTraining, QUICK } from '../support/jobs.ts'
import { eventually, startPortal } from '../support/processes.ts'
import { aWheel } from '../support/wheel.ts'

describe('an environment, with a worker', { timeout: 120_000 }, () => {
  withDatabase(
    'is built with its log, pinned by a run, and a broken next version changes nothing',
    async ({ database }) => {
      const pools = openPools(database)
      const portal = await startPortal(database)
      try {
        const { lead } = await aFirm(pools)
        const fixture = await anEngagement(pools, lead)
        const { engagementId } = fixture
        const blobs = diskBlobs(portal.dataDir)
        const read = <T>(ask: Parameters<typeof pools.web.as<T>>[1]) =>
          pools.web.as<T>({ personId: lead.personId }, ask)
        const bring = (
          source: string,
          version: string,
          name: (wheels: readonly BroughtWheel[]) => Promise<EnvironmentVersionId>,
        ) => {
          const { fileName, wheel } = aWheel('text_tools', source, { version })
          return storeWheels(blobs, engagementId, [{ fileName, bytes: wheel }], name)
        }
        const ended = (id: JobId) =>
          eventually(
            async () => {
              const job = await read((tx) => getJob(tx, engagementId, id))
              return isJobEnded(job.state) ? job : null
            },
            60,
            'the job ends',
          )
        const version = (id: EnvironmentVersionId) => read((tx) => getEnvironmentVersion(tx, engagementId, id))
        const logOf = async (id: JobId) => (await read((tx) => listJobLog(tx, id, 0))).map(({ text }) => text).join('')

        portal.startWorker()
        const first = await bring('VALUE = 1', '1.0', (wheels) =>
          addEnvironment(as(pools, lead, new Date()), {
            engagementId,
            form: EnvironmentForm.parse({ name: 'text-tools', requestKey: newId() }),
            wheels,
          }),
        )
        const { buildId } = await version(first)
        expect(await ended(buildId)).toMatchObject({ state: 'succeeded' })
        expect(await logOf(buildId)).toContain('text-tools 1.0\nimport text_tools: done\n')

        const second = await bring('import nowhere', '2.0', (wheels) =>
          addEnvironmentVersion(as(pools, lead, new Date()), {
            ...{ engagementId, from: first, wheels },
            form: EnvironmentVersionForm.parse({ requestKey: newId() }),
          }),
        )
        const broken = await ended((await version(second)).buildId)
        expect(broken).toMatchObject({ state: 'failed', reasonCode: 'exit_code' })
        expect(await logOf(broken.id)).toContain('import text_tools failed')
        expect((await version(second)).state).toBe('failed')
        expect((await version(first)).state).toBe('ready')

        const data = {
          train: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-train'),
          test: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-holdout'),
        }
        const jobId = await aTraining(pools, fixture, data, { fields: QUICK, environment: first })
        expect(await ended(jobId)).toMatchObject({ state: 'succeeded', reason: '' })
        const [run] = await read((tx) => listRunsOfJob(tx, jobId))
        const { interpreter } = await version(first)
        const digest = environmentDigest(interpreter, await read((tx) => listPackages(tx, first)))
        const runId = toRunId(found(run).id)
        expect(await read((tx) => findRunTag(tx, runId, ENVIRONMENT_TAG))).toBe('text-tools v1')
        expect(await read((tx) => findRunTag(tx, runId, ENVIRONMENT_DIGEST_TAG))).toBe(digest)
        const { nodes } = await read((tx) => traceLineage(tx, engagementId, { kind: 'environment', id: digest }))
        expect(nodes).toMatchObject([
          { kind: 'environment', name: 'text-tools v1' },
          { kind: 'run', id: runId },
        ])

        // The same work again runs in the same version.
        const replay = await read(async (tx) => (await getJob(tx, engagementId, jobId)).payload)
        expect(replay.environmentVersionId).toBe(first)
        await expect(
          replayJob(as(pools, lead), { engagementId, jobId: buildId, idempotencyKey: newId() }),
        ).rejects.toMatchObject({ code: 'refused' })
      } finally {
        await portal.stop()
        await pools.close()
      }
    },
  )
})
