import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId } from '#app/domain/ids.ts'
import type { CardProse } from '#app/domain/model-card.ts'
import { cardRefusal, readCardProse, writeCardProse } from '#app/domain/model-card.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getModelVersion, lockModel } from '#db/queries/models.ts'
import { saveModelVersion } from '#db/queries/registry.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'

/**
 * Write what only people can say of a model version, into its description. The same again changes nothing.
 * @throws AppError `conflict` when somebody saved another text since `startedFrom`; `refused`, `not_found`
 */
export async function writeModelCard(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly modelVersionId: ModelVersionId
    readonly prose: CardProse
    readonly startedFrom?: string | undefined
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const { modelName } = await getModelVersion(tx, engagement.id, input.modelVersionId)
    await lockModel(tx, engagement.id, modelName)
    const version = await getModelVersion(tx, engagement.id, input.modelVersionId)
    ensure(cardRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const description = writeCardProse(input.prose)
    if (description === writeCardProse(readCardProse(version.description))) return
    ensureSameDraft(input.startedFrom, version.description)
    await saveModelVersion(tx, version.id, { description, at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'model_version.described',
      engagementId: engagement.id,
      subjectId: version.id,
      summary: `${ctx.actor.name} described ${version.modelName} version ${String(version.version)}.`,
      detail: { description },
      at: ctx.now,
    })
  })
}
