import { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { EndpointId, EngagementId, RetrainingId } from '#app/domain/ids.ts'
import { approvalReasonRefusal, comparedSentence } from '#app/domain/retraining-comparison.ts'
import type { RetrainingTrigger } from '#app/domain/retraining.ts'
import {
  cancelRetrainingRefusal,
  decideRetrainingRefusal,
  retrainRefusal,
  RETRAINING_STATE_WORDS,
} from '#app/domain/retraining.ts'
import { prose } from '#app/domain/text.ts'
import { newId } from '#db/new-id.ts'
import { getEndpoint, lockServing } from '#db/queries/deployments.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { RetrainingRow } from '#db/queries/retrainings.ts'
import { findOpenRetraining, insertRetraining, insertRetrainingMove, lockRetraining } from '#db/queries/retrainings.ts'
import { findLiveVersion } from '#db/queries/retraining-facts.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { deployInto } from './deployments.ts'
import { compareWithLive } from '#db/queries/retraining-comparison.ts'
import { moveRetraining } from './retraining-moves.ts'

/** Retrain what is live with the newest data, at a person's word. */
export async function requestRetraining(
  ctx: CommandContext<PersonActor>,
  input: { readonly engagementId: EngagementId; readonly endpointId: EndpointId },
): Promise<RetrainingId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    return beginRetraining(tx, ctx, { ...input, engagement, trigger: 'person', note: '', alertId: null })
  })
}

/**
 * As requestRetraining, in the caller's transaction, as whoever made the schedule or the rule and with their rights of now.
 * It begins with a look at the data by a worker; nothing is trained before.
 * @throws AppError `refused` when the actor may not, nothing is live, or one is under way at the endpoint
 */
export async function beginRetraining(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  input: {
    readonly engagement: EngagementRow
    readonly endpointId: EndpointId
    readonly trigger: RetrainingTrigger
    readonly note: string
    readonly alertId: string | null
  },
): Promise<RetrainingId> {
  const { engagement, trigger, note } = input
  ensure(retrainRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state))
  ensure(endedRefusal(engagement.state))
  const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
  const live = await findLiveVersion(tx, endpoint.id)
  if (live === null) throw new AppError('refused', 'Nothing is live at this endpoint, so there is nothing to retrain.')
  const id = newId<RetrainingId>()
  const reason = `The newest data is looked at before anything is trained.`
  const isNew = await insertRetraining(tx, {
    id,
    engagementId: engagement.id,
    endpointId: endpoint.id,
    trigger,
    triggerNote: note,
    alertId: input.alertId,
    reason,
    baseVersionId: live.id,
    baseRevision: live.revision,
    requestedBy: ctx.actor.personId,
    requestedAt: ctx.now,
  })
  if (!isNew) {
    const open = await findOpenRetraining(tx, endpoint.id)
    const state = open === null ? 'begun' : RETRAINING_STATE_WORDS[open.state].toLowerCase()
    throw new AppError('refused', `A retraining of this endpoint is under way (${state}). One goes at a time.`)
  }
  await insertRetrainingMove(tx, {
    engagementId: engagement.id,
    retrainingId: id,
    state: 'checking',
    reason,
    actorName: ctx.actor.name,
    personId: ctx.actor.personId,
    at: ctx.now,
  })
  await enqueue(tx, 'check_retraining', { retrainingId: id }, { key: `check-retraining:${id}` })
  await recordEvent(tx, ctx.actor, {
    kind: 'retraining.started',
    engagementId: engagement.id,
    subjectId: id,
    summary: startedWords(trigger, { who: ctx.actor.name, slug: endpoint.slug, note }).slice(0, 2000),
    at: ctx.now,
  })
  return id
}

/** What clients read, too: a schedule's name is the team's own. */
function startedWords(trigger: RetrainingTrigger, about: { who: string; slug: string; note: string }): string {
  switch (trigger) {
    case 'person':
      return `${about.who} retrains ${about.slug} with the newest data.`
    case 'schedule':
      return `A schedule of ${about.who} retrains ${about.slug}.`
    case 'drift':
      return `A rule of ${about.who} retrains ${about.slug}. ${about.note}`
    default:
      return trigger satisfies never
  }
}

export const RetrainingDecisionForm = z.object({
  outcome: z.enum(['approved', 'rejected'], { error: 'Choose one.' }),
  /** What the page showed, so that nobody approves another comparison. */
  shown: z.string().regex(/^[0-9a-f]{64}$/, 'Open the page again.'),
  rationale: prose(2000, 'The reason').default(''),
})

interface Decision {
  readonly engagementId: EngagementId
  readonly retrainingId: RetrainingId
  readonly shown: string
  readonly rationale: string
}

/**
 * Approve a candidate: it is deployed through the same gate as any version, in the same transaction, so that it is
 * approved and on its way, or neither. A candidate that is worse needs a reason in words.
 * @throws AppError `refused` that names what the gate misses, which is recorded; `conflict` when the comparison changed
 *   since it was shown
 */
export async function approveRetraining(ctx: CommandContext<PersonActor>, input: Decision): Promise<void> {
  const refusal = await transact(ctx, async (tx) => {
    const { engagement, retraining, candidateId, rows, shown } = await held(tx, ctx, input)
    const missing = approvalReasonRefusal(rows, input.rationale)
    if (missing) throw new AppError('invalid', missing.reason, { fields: { rationale: missing.reason } })
    // It runs where what it replaces runs.
    const live = await lockServing(tx, retraining.endpointId, 'live')
    const order = live ? { order: live.order } : {}
    const outcome = await deployInto(tx, ctx, { engagement, modelVersionId: candidateId, ...order })
    if ('reason' in outcome) return outcome
    await moveRetraining(tx, { who: ctx.actor, now: ctx.now }, retraining, {
      to: 'deploying',
      reason: `${ctx.actor.name} approved it. ${comparedSentence(rows)}${input.rationale === '' ? '' : ` ${input.rationale}`}`,
      deploymentId: outcome.deploymentId,
      decidedBy: ctx.actor.personId,
      decidedAt: ctx.now,
      rationale: input.rationale,
      shown,
    })
    return null
  })
  ensure(refusal)
}

/** Leave what is live as it is, and say why. */
export async function rejectRetraining(ctx: CommandContext<PersonActor>, input: Decision): Promise<void> {
  await transact(ctx, async (tx) => {
    const { retraining, shown } = await held(tx, ctx, input)
    if (input.rationale === '')
      throw new AppError('invalid', 'Say why.', { fields: { rationale: 'Say why it does not go live.' } })
    await moveRetraining(tx, { who: ctx.actor, now: ctx.now }, retraining, {
      to: 'rejected',
      reason: `${ctx.actor.name} rejected it. ${input.rationale}`,
      decidedBy: ctx.actor.personId,
      decidedAt: ctx.now,
      rationale: input.rationale,
      shown,
    })
  })
}

/** The retraining that is decided on, held, with what was shown of it. */
async function held(tx: Tx, ctx: CommandContext<PersonActor>, input: Decision) {
  const engagement = await lockEngagement(tx, input.engagementId)
  const retraining = await lockRetraining(tx, engagement.id, input.retrainingId)
  const standing = await getStanding(tx, ctx.actor, engagement.id)
  ensure(decideRetrainingRefusal(standing, { engagement: engagement.state, state: retraining.state }))
  ensure(endedRefusal(engagement.state))
  const candidateId = found(retraining.candidateVersionId, 'The candidate')
  const live = await findLiveVersion(tx, retraining.endpointId)
  if (live?.id !== retraining.baseVersionId)
    throw new AppError('conflict', 'Another model is live by now, so this comparison says nothing. Look again.')
  const { rows, hash } = await compareWithLive(tx, engagement.id, { live: live.id, candidate: candidateId })
  if (hash !== input.shown)
    throw new AppError('conflict', 'The comparison changed since you opened it. Look again before you decide.')
  const shown = rows.map(({ key, version, outcome, reason, candidate }) => ({
    key,
    version,
    outcome,
    reason,
    verdict: candidate?.verdict ?? null,
  }))
  return { engagement, retraining, candidateId, rows, shown }
}

/** Stop a retraining that nobody has approved yet; its job is told to end within a worker's round. */
export async function cancelRetraining(
  ctx: CommandContext<PersonActor>,
  input: { readonly engagementId: EngagementId; readonly retrainingId: RetrainingId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const retraining: RetrainingRow = await lockRetraining(tx, engagement.id, input.retrainingId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(cancelRetrainingRefusal(standing, { engagement: engagement.state, state: retraining.state }))
    await moveRetraining(tx, { who: ctx.actor, now: ctx.now }, retraining, {
      to: 'cancelled',
      reason: `${ctx.actor.name} cancelled it.`,
    })
  })
}
