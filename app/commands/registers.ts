import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { CriterionId, EngagementId } from '#app/domain/ids.ts'
import type { RegisterInput, RegisterState } from '#app/domain/register.ts'
import {
  firstRegisterState,
  REGISTER_KIND_WORDS,
  REGISTER_STATE_WORDS,
  registerRefusal,
  settleRefusal,
} from '#app/domain/register.ts'
import { newId } from '#db/new-id.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { NewRegisterItem, RegisterRow } from '#db/queries/registers.ts'
import {
  insertRegisterItem,
  listDependants,
  lockRegisterItem,
  saveDependants,
  saveRegisterState,
} from '#db/queries/registers.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { suspendVersion } from './suspensions.ts'

/** Write an entry down; an assumption also says which criteria rest on it. */
export async function addRegisterItem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; form: RegisterInput },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(registerRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { restingOn, ...form } = input.form
    const id = await writeDown(tx, ctx, { ...form, engagementId: engagement.id, ownerId: ctx.actor.personId })
    await saveDependants(tx, {
      engagementId: engagement.id,
      itemId: id,
      criterionIds: await criteriaOf(tx, engagement.id, restingOn),
    })
  })
}

/** Put an entry into a register and its event into the log. The engagement must be locked. @returns the entry's id */
export async function writeDown(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  entry: Omit<NewRegisterItem, 'id' | 'state' | 'sourceRule' | 'createdBy' | 'at'>,
): Promise<string> {
  const id = newId()
  const key = await insertRegisterItem(tx, {
    ...entry,
    id,
    state: firstRegisterState(entry.kind),
    sourceRule: '',
    createdBy: ctx.actor.personId,
    at: ctx.now,
  })
  // The log of an engagement is the client's, too: what only the team sees is named there without its words.
  await recordEvent(tx, ctx.actor, {
    kind: 'register.added',
    engagementId: entry.engagementId,
    subjectId: id,
    summary: `${ctx.actor.name} wrote down ${REGISTER_KIND_WORDS[entry.kind].one.toLowerCase()} ${key}${entry.audience === 'shared' ? ` “${entry.title}”` : ''}.`,
    at: ctx.now,
  })
  return id
}

/** @throws AppError `invalid` beside the field when a key names no criterion */
async function criteriaOf(tx: Tx, engagementId: EngagementId, keys: readonly string[]): Promise<CriterionId[]> {
  const known = new Map((await listCriterionVersions(tx, engagementId)).map((row) => [row.key, row.criterionId]))
  return [...new Set(keys)].map((key) => {
    const id = known.get(key)
    if (id === undefined)
      throw new AppError('invalid', 'A key names nothing.', {
        fields: { restingOn: `There is no criterion ${key} here.` },
      })
    return id
  })
}

/** Settle an entry. A refuted assumption suspends every agreement that rests on it. */
export async function settleRegisterItem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; itemId: string; to: RegisterState; note: string; origin: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const item = await lockRegisterItem(tx, engagement.id, input.itemId)
    ensure(settleRefusal(await getStanding(tx, ctx.actor, engagement.id), item, input.to))
    await saveRegisterState(tx, item.id, { to: input.to, note: input.note, by: ctx.actor.personId, at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'register.settled',
      engagementId: engagement.id,
      subjectId: item.id,
      summary: `${ctx.actor.name} settled ${item.key}: ${REGISTER_STATE_WORDS[input.to].toLowerCase()}.`,
      at: ctx.now,
    })
    if (input.to === 'refuted') await suspendDependants(tx, ctx, { engagement, item, ...input })
  })
}

async function suspendDependants(
  tx: Tx,
  ctx: CommandContext,
  input: { engagement: EngagementRow; item: RegisterRow; note: string; origin: string },
): Promise<void> {
  const { engagement, item } = input
  const resting = new Set(
    (await listDependants(tx, engagement.id)).filter((one) => one.itemId === item.id).map((one) => one.criterionId),
  )
  for (const version of await listCriterionVersions(tx, engagement.id)) {
    if (version.state !== 'agreed' || !resting.has(version.criterionId)) continue
    await suspendVersion(tx, ctx, {
      engagement,
      criterionVersionId: version.id,
      reason: 'assumption_refuted',
      // A note on what is the team's own stays with the team: this text reaches the client.
      evidence: item.audience === 'shared' ? `${item.key} ${item.title}: ${input.note}` : item.key,
      origin: input.origin,
    })
  }
}
