import type { DeploymentId, EngagementId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { findDeploymentWork } from '#db/queries/deployments.ts'
import { listEventsAbout, recordEvent } from '#db/queries/events.ts'
import { listBorrowers } from '#db/queries/reuse.ts'
import { listConsumers } from '#db/queries/tokens.ts'
import type { Database } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import { changesForCallers } from './signatures.ts'

/**
 * Tell those who may ask for predictions that what they send, or what they get, is another thing now. Nothing when the
 * change breaks nothing. Once for each deployment, however often it is called.
 * @param input.replacedId the revision that answered before
 */
export async function tellCallers(
  deps: { readonly database: Database; readonly blobs: Blobs },
  input: {
    readonly deploymentId: DeploymentId
    readonly replacedId: DeploymentId
    readonly origin: string
    readonly now: Date
  },
): Promise<void> {
  await deps.database.as({}, async (tx) => {
    const after = await findDeploymentWork(tx, input.deploymentId)
    const before = await findDeploymentWork(tx, input.replacedId)
    if (!after || !before) return
    const { engagementId, endpointId, slug, revision } = after
    const about = { kind: 'deployment.callers_told', subjectId: input.deploymentId } as const
    if ((await listEventsAbout(tx, engagementId, { ...about, limit: 1 })).length > 0) return
    const breaking = (await changesForCallers(deps.blobs, engagementId, { before, after })).filter(
      ({ isBreaking }) => isBreaking,
    )
    if (breaking.length === 0) return
    const said = breaking.map(({ field, change }) => `${field} ${change}`)
    const tell = async (audience: EngagementId, page: string) => {
      const consumers = await listConsumers(tx, audience, input.now)
      for (const [email, { name, tokens }] of byHolder(consumers)) {
        await queueMail(tx, {
          to: { name, email },
          subject: `${slug} takes and gives something else now`,
          body: `Revision ${String(revision)} of ${slug} is live, and breaks what callers send or read:\n\n${said.join('\n')}\n\nIt concerns your ${tokens.length === 1 ? 'token' : 'tokens'} ${tokens.join(', ')}. Requests in the old form are refused with the field named.`,
          links: [{ label: 'See how to ask it now', url: `${input.origin}${page}` }],
          now: input.now,
        })
      }
      return `Revision ${String(revision)} of ${slug} breaks what callers send or read (${said.join('; ')}). Told: ${consumers.map(({ name }) => name).join(', ') || 'nobody, no token for predictions is in use'}.`
    }
    const record = (kind: 'deployment.callers_told' | 'reuse.received', where: EngagementId, summary: string) =>
      recordEvent(tx, null, {
        kind,
        engagementId: where,
        subjectId: input.deploymentId,
        summary: summary.slice(0, 2000),
        at: input.now,
      })
    await record(about.kind, engagementId, await tell(engagementId, paths.developers(engagementId, endpointId)))
    // Whoever borrows the model hears of it in an engagement of their own, and of nothing else.
    for (const { grantId, borrowerId } of await listBorrowers(tx, endpointId, input.now))
      await record('reuse.received', borrowerId, await tell(borrowerId, paths.borrowed(borrowerId, grantId)))
  })
}

function byHolder(consumers: Awaited<ReturnType<typeof listConsumers>>) {
  const holders = new Map<string, { readonly name: string; readonly tokens: string[] }>()
  for (const { name, personName, personEmail } of consumers) {
    const known = holders.get(personEmail)
    if (known) known.tokens.push(name)
    else holders.set(personEmail, { name: personName, tokens: [name] })
  }
  return holders
}
