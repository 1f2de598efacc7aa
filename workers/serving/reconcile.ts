import { eachApart } from '#app/commands/each-apart.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { findDeploymentWork } from '#db/queries/deployments.ts'
import { listWantedRevisions } from '#db/queries/wanted-revisions.ts'
import type { Database } from '#db/types.ts'
import type { Serving } from './client.ts'
import { listRevisions, loadRevision, removeRevision } from './client.ts'
import { manifestOf } from './manifest.ts'

/**
 * Make what the serving process has equal to what the database says it should have: what is missing is brought back,
 * what nobody wants is taken away. Looks at levels, not at events, so that it does not matter how the two came apart.
 * What is there is asked before what is wanted: a revision that appears in between is wanted, and left alone.
 */
export async function reconcileServing(
  shell: { readonly database: Database; readonly blobs: Blobs; readonly serving: Serving },
  onChange: (sentence: string) => void,
): Promise<void> {
  const there = new Map((await listRevisions(shell.serving)).map(({ id, order }) => [id, JSON.stringify(order)]))
  const wanted = await shell.database.as({}, (tx) => listWantedRevisions(tx))
  const absent = wanted.filter(({ id, mustAnswer, order }) => mustAnswer && there.get(id) !== JSON.stringify(order))
  await eachApart(absent, async ({ id }) => {
    const work = await shell.database.as({}, (tx) => findDeploymentWork(tx, id))
    if (!work) return
    const manifest = await manifestOf(work, shell.blobs)
    const answer =
      typeof manifest === 'string' ? { failure: manifest } : await loadRevision(shell.serving, id, manifest)
    onChange(
      'failure' in answer
        ? `revision ${String(work.revision)} of ${work.slug} does not run as it should: ${answer.failure}`
        : `brought revision ${String(work.revision)} of ${work.slug} ${there.has(id) ? 'to what it should be' : 'back'}`,
    )
  })
  const ids = new Set<string>(wanted.map(({ id }) => id))
  for (const id of there.keys()) {
    if (ids.has(id)) continue
    await removeRevision(shell.serving, id)
    onChange(`removed revision ${id}, which belongs to no deployment`)
  }
}
