import type { PersonActor } from '#app/domain/actor.ts'
import { mayReadChange } from '#app/domain/change.ts'
import type { Audience, Commented } from '#app/domain/comment.ts'
import { commentRefusal } from '#app/domain/comment.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { ensure, found } from '#app/domain/errors.ts'
import { EXPLAINER } from '#app/domain/explainer.ts'
import type {
  CriterionId,
  DatasetVersionId,
  DeliverableId,
  EngagementId,
  ModelVersionId,
  SignOffId,
} from '#app/domain/ids.ts'
import { isId, toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { getChange } from '#db/queries/changes.ts'
import { hasAcknowledged, insertAcknowledgement, insertComment } from '#db/queries/comments.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { getDeliverable } from '#db/queries/deliverables.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { getSignOff } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** What a comment is about, as its writer sees it. */
export interface CommentedObject {
  readonly kind: Commented
  readonly id: string
}

/**
 * The name of an object and where it stands.
 * @throws AppError `not_found`, also for a change that this person may not read yet
 */
export async function aboutObject(
  tx: Tx,
  where: { readonly engagementId: EngagementId; readonly standing: Standing },
  { kind, id }: CommentedObject,
): Promise<{ readonly title: string; readonly path: string }> {
  const { engagementId, standing } = where
  switch (kind) {
    case 'sign_off': {
      const { title } = await getSignOff(tx, engagementId, toId<SignOffId>(id))
      return { title, path: paths.signOff(engagementId, id) }
    }
    case 'criterion': {
      const { criterion, versions } = await getCriterion(tx, engagementId, toId<CriterionId>(id))
      return { title: `${criterion.key} ${versions[0]?.content.name ?? ''}`, path: paths.criterion(engagementId, id) }
    }
    case 'deliverable': {
      const { key, title } = await getDeliverable(tx, engagementId, toId<DeliverableId>(id))
      return { title: `${key} ${title}`, path: paths.deliverable(engagementId, id) }
    }
    case 'change': {
      const change = await getChange(tx, engagementId, found(isId(id) ? id : null, 'This change'))
      found(mayReadChange(standing, change.state) ? change : null, 'This change')
      return { title: `Change ${String(change.number)}`, path: paths.change(engagementId, id) }
    }
    case 'model_version': {
      const version = await getModelVersion(tx, engagementId, toId<ModelVersionId>(id))
      return { title: `${version.modelName} v${String(version.version)}`, path: paths.modelVersion(engagementId, id) }
    }
    case 'dataset_version': {
      const dataset = await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(id))
      return { title: `${dataset.name} v${String(dataset.version)}`, path: paths.dataset(engagementId, id) }
    }
    default:
      return kind satisfies never
  }
}

/** Write into one of the two threads of an object. There is no way from one thread to the other. */
export async function writeComment(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; about: CommentedObject; audience: Audience; body: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(commentRefusal(standing, input.audience))
    const { title } = await aboutObject(tx, { engagementId: engagement.id, standing }, input.about)
    await insertComment(tx, input.audience, {
      id: newId(),
      engagementId: engagement.id,
      objectId: input.about.id,
      body: input.body,
      authorId: ctx.actor.personId,
      authorName: ctx.actor.name,
      at: ctx.now,
    })
    if (input.audience === 'team') return
    await recordEvent(tx, ctx.actor, {
      kind: 'comment.written',
      engagementId: engagement.id,
      subjectId: input.about.id,
      summary: `${ctx.actor.name} commented on “${title}”.`,
      at: ctx.now,
    })
  })
}

/** Confirm that one has read how this goes. Once for each version of the page; repeating it changes nothing. */
export async function acknowledgeExplainer(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const read = { personId: ctx.actor.personId, page: EXPLAINER.page, pageVersion: EXPLAINER.version }
    if (await hasAcknowledged(tx, engagement.id, read)) return
    await insertAcknowledgement(tx, { id: newId(), engagementId: engagement.id, ...read, at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'page.acknowledged',
      engagementId: engagement.id,
      subjectId: engagement.id,
      summary: `${ctx.actor.name} read how this will go.`,
      at: ctx.now,
    })
  })
}
