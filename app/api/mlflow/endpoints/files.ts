import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { listArtifacts } from '#db/queries/artifacts.ts'
import { getRun } from '#db/queries/runs.ts'
import { folderOf } from '../artifact-place.ts'
import { endpoint } from '../endpoint.ts'
import { artifactUri, text, unlessEmpty, wireFiles } from '../wire.ts'
import { ofRun, runIdOf } from './of-run.ts'

/** A folder of a run's files, with paths from the run's root; the artifact proxy lists with paths from the folder. */
export const list = endpoint(z.object({ ...ofRun, path: text.nullish(), page_token: text.nullish() }), (ctx, input) =>
  transact(ctx, async (tx) => {
    const folder = folderOf(input.path ?? '')
    const run = await getRun(tx, trackedEngagement(ctx.actor), runIdOf(input))
    const files = await listArtifacts(tx, run.id, folder)
    return {
      root_uri: artifactUri(run),
      ...unlessEmpty('files', wireFiles(files, folder, folder === '' ? '' : `${folder}/`)),
    }
  }),
)
