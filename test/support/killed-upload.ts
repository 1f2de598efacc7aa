/** A process that stores a file of a run and is killed on the way: `before` or `after` the file is in its place. */
import { addArtifact } from '#app/commands/tracking.ts'
import { openBlobs } from '#db/blobs.server.ts'
import { openDatabase } from '#db/client.server.ts'
import { findActor } from '#db/queries/people.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import { storing } from './blobs.ts'

const [url = '', dataDir = '', engagement, person, run, text = '', moment] = process.argv.slice(2)
const engagementId = toId<EngagementId>(engagement)
const database = openDatabase(url, { connectionsMax: 2, name: 'killed upload' })
const actor = found(await database.as({ door: 'auth' }, (tx) => findActor(tx, toId<PersonId>(person))))
const ctx = { database, actor: { ...actor, onlyEngagementId: engagementId }, now: new Date() }
await storing(openBlobs(dataDir), engagementId, text, (blob) =>
  addArtifact(ctx, toRunId(run), {
    path: 'killed.txt',
    blob: {
      ...blob,
      async publish() {
        if (moment === 'after') await blob.publish()
        process.kill(process.pid, 'SIGKILL')
        await new Promise(() => undefined)
      },
    },
  }),
)
