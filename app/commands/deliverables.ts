import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { draftRefusal } from '#app/domain/criterion.ts'
import { deliverableAfter, submitRefusal } from '#app/domain/deliverable.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure } from '#app/domain/errors.ts'
import type { DeliverableId, EngagementId, SignOffId } from '#app/domain/ids.ts'
import { pageDocument } from '#app/domain/page-document.ts'
import { utcDay } from '#app/domain/zone.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { newId } from '#db/new-id.ts'
import {
  getDeliverable,
  insertDeliverable,
  insertDeliverableVersion,
  listDeliverableVersions,
  saveDeliverableState,
} from '#db/queries/deliverables.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { engagementHead } from './problems.ts'
import { listSigners, openSignOff } from './sign-offs.ts'
import { keepBlob } from './storage.ts'

const DAY_MS = 86_400_000

/** Agree to hand something over. */
export async function addDeliverable(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    title: string
    due: string | null
    acceptanceCriteria?: string | undefined
    reviewDays?: number | undefined
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(draftRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const id = newId<DeliverableId>()
    const key = await insertDeliverable(tx, { ...input, id, at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'deliverable.added',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} added the deliverable ${key} “${input.title}”.`,
      at: ctx.now,
    })
  })
}

/** Submit a file as the next version of a deliverable, and ask the client to accept it. */
export async function submitDeliverable(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    deliverableId: DeliverableId
    file: { readonly name: string; readonly blob: StagedBlob }
    note: string
    origin: string
  },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const deliverable = await getDeliverable(tx, engagement.id, input.deliverableId)
    const signers = await listSigners(tx, engagement, 'deliverable_version')
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(submitRefusal(standing, deliverable, { signerCount: signers.length }))
    const next = deliverableAfter(deliverable, 'submit')
    if ('reason' in next) throw new Error('The refusal above has said this.')
    const number = ((await listDeliverableVersions(tx, engagement.id, deliverable.id))[0]?.number ?? 0) + 1
    const id = newId()
    const reviewUntil = new Date(ctx.now.getTime() + deliverable.reviewDays * DAY_MS)
    const { sha256, sizeBytes } = input.file.blob
    await keepBlob(tx, { engagementId: engagement.id, blob: input.file.blob, at: ctx.now })
    await insertDeliverableVersion(tx, {
      id,
      engagementId: engagement.id,
      deliverableId: deliverable.id,
      number,
      fileName: input.file.name.slice(0, 200),
      sizeBytes,
      sha256,
      note: input.note,
      submittedBy: ctx.actor.personId,
      submittedAt: ctx.now,
      reviewUntil,
    })
    await saveDeliverableState(tx, deliverable.id, next)
    const title = `${deliverable.key} ${deliverable.title}, version ${String(number)}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'deliverable_version', id },
      document: canonicalJson(
        pageDocument(engagementHead(engagement), 'deliverable', {
          title,
          rows: [
            { term: 'Deliverable', value: `${deliverable.key} ${deliverable.title}` },
            { term: 'Accepted by', value: deliverable.acceptanceCriteria || '–' },
            { term: 'Due', value: deliverable.due ?? '–' },
            { term: 'File', value: input.file.name.slice(0, 200) },
            { term: 'Size', value: `${String(sizeBytes)} bytes` },
            { term: 'SHA-256 of the file', value: sha256 },
            { term: 'Round', value: String(deliverable.round + 1) },
            { term: 'Note', value: input.note || '–' },
            { term: 'Answer by', value: utcDay(reviewUntil) },
          ],
          consequence:
            'Accepting says that this file, by its hash, is what was agreed. Returning it begins the next round. Silence accepts nothing.',
        }),
      ),
      title,
      authorId: null,
      signers,
      origin: input.origin,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'deliverable.submitted',
      engagementId: engagement.id,
      subjectId: deliverable.id,
      summary: `${ctx.actor.name} submitted “${title}”.`,
      at: ctx.now,
    })
    return signOff.id
  })
}
