import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import type { CriterionInput } from '#app/domain/criterion.ts'
import {
  changeWords,
  changesBetween,
  contentFromForm,
  criterionDocument,
  draftRefusal,
  sendRefusal,
} from '#app/domain/criterion.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, isAppError } from '#app/domain/errors.ts'
import type { CriterionId, CriterionVersionId, DatasetVersionId, EngagementId, SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { newId } from '#db/new-id.ts'
import {
  freezeCriterionVersion,
  getCriterion,
  insertCriterion,
  insertCriterionVersion,
  lockCriterion,
  nextCriterionKey,
  saveCriterionDraft,
} from '#db/queries/criteria.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'
import { simulateCriterion } from './judging.ts'
import { engagementHead } from './problems.ts'
import { listSigners, openSignOff } from './sign-offs.ts'

/** Add a criterion with its first draft. */
export async function addCriterion(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; form: CriterionInput },
): Promise<CriterionId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(draftRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const content = contentFromForm(input.form, await datasetOf(tx, engagement.id, input.form))
    const id = newId<CriterionId>()
    const key = await nextCriterionKey(tx, engagement.id)
    await insertCriterion(tx, { id, engagementId: engagement.id, key, at: ctx.now })
    await draftVersion(tx, ctx, { engagementId: engagement.id, criterionId: id, key, version: 1, content })
    return id
  })
}

interface CriterionEdit {
  readonly engagementId: EngagementId
  readonly criterionId: CriterionId
  readonly form: CriterionInput
  /** The hash of the text that the form started from. */
  readonly startedFrom?: string | undefined
}

/**
 * Change a criterion. A draft is changed in place. What was sent or signed never changes: version n+1 is drafted, and
 * the signed one stays in force until the new one is signed.
 * @throws AppError `refused` while the client reads a version, or when nothing changed; `conflict` when another text was
 *   saved since the form was opened
 */
export async function editCriterion(
  ctx: CommandContext<PersonActor>,
  input: CriterionEdit,
): Promise<{ readonly version: number }> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(draftRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { criterion, versions } = await lockCriterion(tx, engagement.id, input.criterionId)
    const [newest] = versions
    const content = contentFromForm(input.form, await datasetOf(tx, engagement.id, input.form))
    if (newest?.state === 'in_review')
      throw new AppError('refused', 'The client is reading this version now. Wait for the answer before you change it.')
    if (newest) ensureSameDraft(input.startedFrom, newest.content)
    if (newest && changesBetween(newest.content, content).length === 0)
      throw new AppError('refused', 'Nothing changed.')
    if (newest)
      await recordEvent(tx, ctx.actor, {
        kind: 'criterion.changed',
        engagementId: engagement.id,
        subjectId: criterion.id,
        summary: `${ctx.actor.name} changed ${criterion.key}: ${changeWords(changesBetween(newest.content, content))}.`,
        at: ctx.now,
      })
    if (newest?.state === 'draft' && newest.contentHash === null) {
      await saveCriterionDraft(tx, newest.id, { content, by: ctx.actor.personId })
      return { version: newest.version }
    }
    const version = (newest?.version ?? 0) + 1
    await draftVersion(tx, ctx, {
      engagementId: engagement.id,
      criterionId: criterion.id,
      key: criterion.key,
      version,
      content,
    })
    return { version }
  })
}

/** What saving a change would do, before it is done: what differs, and what past runs would say to it. */
export async function previewCriterion(ctx: CommandContext<PersonActor>, input: CriterionEdit) {
  return transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    ensure(draftRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    const { versions } = await getCriterion(tx, engagement.id, input.criterionId)
    const content = contentFromForm(input.form, await datasetOf(tx, engagement.id, input.form))
    if (versions[0]) ensureSameDraft(input.startedFrom, versions[0].content)
    const changes = versions[0] ? changesBetween(versions[0].content, content) : []
    if (changes.length === 0) throw new AppError('refused', 'Nothing changed.')
    return { changes, runs: await simulateCriterion(tx, engagement.id, content) }
  })
}

/** Send the newest draft for the client's signature. Sending is our side's approval. */
export async function sendCriterion(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; criterionId: CriterionId; origin: string },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    const { criterion, versions } = await lockCriterion(tx, engagement.id, input.criterionId)
    const [newest] = versions
    if (!newest) throw new AppError('refused', 'There is nothing to send.')
    const signers = await listSigners(tx, engagement, 'criterion_version')
    ensure(sendRefusal(standing, newest.state, { clientAccountableCount: signers.length }))
    ensure(endedRefusal(engagement.state))
    const document = canonicalJson(
      criterionDocument(engagementHead(engagement), { key: criterion.key, version: newest.version }, newest.content),
    )
    const title = `${criterion.key} ${newest.content.name}, version ${String(newest.version)}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'criterion_version', id: newest.id },
      document,
      title,
      authorId: newest.createdBy,
      signers,
      origin: input.origin,
    })
    await freezeCriterionVersion(tx, newest.id, { document, contentHash: signOff.subjectHash })
    await recordEvent(tx, ctx.actor, {
      kind: 'criterion.sent',
      engagementId: engagement.id,
      subjectId: criterion.id,
      summary: `${ctx.actor.name} sent “${title}” for signature.`,
      at: ctx.now,
    })
    return signOff.id
  })
}

async function draftVersion(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  row: Pick<Parameters<typeof insertCriterionVersion>[1], 'engagementId' | 'criterionId' | 'version' | 'content'> & {
    key: string
  },
): Promise<void> {
  await insertCriterionVersion(tx, {
    id: newId<CriterionVersionId>(),
    engagementId: row.engagementId,
    criterionId: row.criterionId,
    version: row.version,
    content: row.content,
    createdBy: ctx.actor.personId,
    at: ctx.now,
  })
  await recordEvent(tx, ctx.actor, {
    kind: 'criterion.drafted',
    engagementId: row.engagementId,
    subjectId: row.criterionId,
    summary: `${ctx.actor.name} drafted ${row.key} “${row.content.name}”, version ${String(row.version)}.`,
    at: ctx.now,
  })
}

/** @throws AppError `invalid` beside the dataset's field */
async function datasetOf(tx: Tx, engagementId: EngagementId, form: CriterionInput) {
  try {
    return await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(form.datasetVersionId))
  } catch (error) {
    if (!isAppError(error)) throw error
    throw new AppError('invalid', 'Choose a dataset.', {
      cause: error,
      fields: { datasetVersionId: 'Choose a dataset of this engagement.' },
    })
  }
}
