/** A process that stores a file of a run and is killed on the way: `before` or `after` the file is in its place; or goes on, for others to kill. */
import { addArtifact } from '#app/commands/run-files.ts'
import { openBlobs } from '#db/blob-store.server.ts'
import { openDatabase } from '#db/client.server.ts'
import { findActor } from '#db/queries/people.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { storing } from './blobs.ts'

const [url = '', dataDir = '', engagement, person, run, text = '', moment, times = '1', where = 'null'] =
  process.argv.slice(2)
const engagementId = toId<EngagementId>(engagement)
const database = openDatabase(url, { connectionsMax: 2, name: 'killed upload' })
const actor = found(await database.as({ door: 'auth' }, (tx) => findActor(tx, toId<PersonId>(person))))
const ctx = { database, actor: { ...actor, onlyEngagementId: engagementId }, now: new Date() }
const bucket = JSON.parse(where) as Bucket | null // written by the test
await storing(await openBlobs(dataDir, { bucket }), engagementId, text.repeat(Number(times)), (blob) =>
  addArtifact(ctx, toRunId(run), {
    path: 'killed.txt',
    blob: {
      ...blob,
      async publish() {
        if (moment !== 'before') await blob.publish()
        if (moment === undefined || moment === 'never') return
        process.kill(process.pid, 'SIGKILL')
        await new Promise(() => undefined)
      },
    },
  }),
)
