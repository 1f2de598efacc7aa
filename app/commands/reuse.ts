import { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { endedRefusal, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { EndpointId, EngagementId, GrantId } from '#app/domain/ids.ts'
import type { ReuseInput } from '#app/domain/reuse.ts'
import {
  asksConsent,
  consentRefusal,
  lastDayOf,
  lendRefusal,
  REUSE_SCOPE_WORDS,
  reuseEnd,
  reuseStanding,
  revokeReuseRefusal,
} from '#app/domain/reuse.ts'
import { prose } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { getEndpoint } from '#db/queries/deployments.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { findLiveVersion } from '#db/queries/retraining-facts.ts'
import type { GrantRow } from '#db/queries/reuse.ts'
import {
  findEngagementByCode,
  findStandingGrant,
  insertGrant,
  lockGrant,
  saveGrant,
  tellBorrower,
} from '#db/queries/reuse.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { engagementHead } from './problems.ts'
import { tellSeats } from './telling.ts'

/**
 * Lend the use of an endpoint to another engagement until a day. For another client's engagement it begins when the
 * accountable person of the owning client agrees; for one of the same client, at once.
 * @throws AppError `invalid` beside the field that is wrong, `refused` when nothing is live
 */
export async function lendEndpoint(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly form: ReuseInput
    readonly origin: string
  },
): Promise<GrantId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(lendRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { form } = input
    const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
    const live = await findLiveVersion(tx, endpoint.id)
    if (live === null) throw new AppError('refused', 'Nothing is live at this endpoint, so there is nothing to lend.')
    const to = await borrowerOf(tx, engagement, form.toCode)
    const standing = await findStandingGrant(tx, { endpointId: endpoint.id, toEngagementId: to.id, now: ctx.now })
    if (standing !== null) throw wrongCode(lentAlready(standing.expiresAt))
    const expiresAt = reuseEnd(form.until, ctx.now)
    if (typeof expiresAt === 'string') throw new AppError('invalid', expiresAt, { fields: { until: expiresAt } })
    const isAsked = asksConsent({ clientId: engagement.clientOrganisationId }, to)
    const id = newId<GrantId>()
    const { scope, borrower, purpose } = form
    await insertGrant(tx, {
      ...{ id, engagementId: engagement.id, endpointId: endpoint.id, modelVersionId: live.id },
      ...{ scope, borrower, purpose, expiresAt },
      state: isAsked ? 'awaiting_consent' : 'active',
      activeAt: isAsked ? null : ctx.now,
      grantedBy: ctx.actor.personId,
      grantedAt: ctx.now,
      toEngagementId: to.id,
    })
    const record = (kind: 'reuse.granted' | 'team_reuse.target', summary: string) =>
      recordEvent(tx, ctx.actor, { kind, engagementId: engagement.id, subjectId: id, summary, at: ctx.now })
    await record(
      'reuse.granted',
      `${ctx.actor.name} ${isAsked ? 'would lend' : 'lent'} ${endpoint.slug} to ${borrower} until ${lastDayOf(expiresAt)}: ${REUSE_SCOPE_WORDS[scope].toLowerCase()}.${isAsked ? ' The client is asked first.' : ''}`,
    )
    await record('team_reuse.target', `${ctx.actor.name} named ${form.toCode} as who borrows ${endpoint.slug}.`)
    if (isAsked)
      await tellSeats(tx, {
        engagement,
        isConcerned: (seat) => seat.raci === 'A',
        subject: `May your model ${endpoint.slug} be used elsewhere?`,
        body: `${ctx.actor.name} asks whether ${endpoint.modelName} may be used by ${borrower}, until ${lastDayOf(expiresAt)}.\n\n${purpose}\n\nNothing is lent before you agree, and you can take it back at any time.`,
        links: [{ label: 'Read and answer', url: `${input.origin}${paths.grant(engagement.id, id)}` }],
        now: ctx.now,
      })
    else await tellBorrower(tx, id, startedWords(endpoint.slug, expiresAt), ctx.now)
    return id
  })
}

const startedWords = (slug: string, expiresAt: Date) =>
  `The model ${slug} is lent to this engagement until ${lastDayOf(expiresAt)}.`

const wrongCode = (sentence: string) => new AppError('invalid', sentence, { fields: { toCode: sentence } })

/** Of two grants at once, taking one back would stop nothing. */
const lentAlready = (expiresAt: Date) =>
  `It is lent to this engagement until ${lastDayOf(expiresAt)} already, or was asked for. Take that back first.`

async function borrowerOf(tx: Tx, engagement: EngagementRow, code: string) {
  const to = await findEngagementByCode(tx, code)
  if (to === null) throw wrongCode('There is no engagement with this code.')
  if (to.id === engagement.id) throw wrongCode('This is the engagement that the model belongs to.')
  if (endedRefusal(to.state) !== null) throw wrongCode('That engagement has ended.')
  return to
}

export const ReuseConsentForm = z
  .object({
    outcome: z.enum(['approved', 'rejected'], { error: 'Choose one.' }),
    reason: prose(1000, 'The reason').default(''),
  })
  .refine(({ outcome, reason }) => outcome === 'approved' || reason !== '', {
    path: ['reason'],
    message: 'Say why not.',
  })

/** Agree for the owning client, or decline: a decision of its chain, bound to what was asked. */
export async function decideReuse(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly grantId: GrantId
    readonly outcome: 'approved' | 'rejected'
    readonly reason: string
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const grant = await lockGrant(tx, engagement.id, input.grantId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(consentRefusal(standing, reuseStanding(grant, ctx.now)))
    ensure(endedRefusal(engagement.state))
    const { outcome, reason } = input
    const isAgreed = outcome === 'approved'
    const title = `Use of ${grant.slug} by ${grant.borrower} until ${lastDayOf(grant.expiresAt)}`
    const seat = found(
      standing.seats.find(({ raci }) => raci === 'A'),
      'A seat that signs',
    )
    await appendDecision(tx, {
      actor: ctx.actor,
      organisationId: engagement.clientOrganisationId,
      engagementId: engagement.id,
      signOffId: null,
      subject: { type: 'reuse_grant', id: grant.id },
      title,
      document: documentOf(engagement, grant),
      outcome,
      rationale: reason,
      onBehalfOf: seat.onBehalfOf ?? null,
      authority: SEAT_FUNCTION_WORDS[seat.function],
      at: ctx.now,
    })
    const decided = { decidedBy: ctx.actor.personId, decidedAt: ctx.now }
    await saveGrant(
      tx,
      grant.id,
      isAgreed
        ? { state: 'active', activeAt: ctx.now, ...decided }
        : { state: 'declined', endReason: reason, ...decided },
    )
    await recordEvent(tx, ctx.actor, {
      kind: 'reuse.agreed',
      engagementId: engagement.id,
      subjectId: grant.id,
      summary: `${ctx.actor.name} ${isAgreed ? 'agreed to' : 'declined'}: ${title}. ${reason}`.trim(),
      at: ctx.now,
    })
    if (isAgreed) await tellBorrower(tx, grant.id, startedWords(grant.slug, grant.expiresAt), ctx.now)
  })
}

/** What the client agreed to, in the canonical form that the decision is bound to. */
function documentOf(engagement: EngagementRow, grant: GrantRow): string {
  return canonicalJson({
    format: 'throughline.reuse_grant/1',
    engagement: engagementHead(engagement),
    grant: { id: grant.id, endpoint: grant.slug, model: grant.modelName, version: grant.modelVersion },
    scope: grant.scope,
    borrower: grant.borrower,
    purpose: grant.purpose,
    expiresAt: grant.expiresAt.toISOString(),
  })
}

/** Take a grant back, at once: the next question is refused. */
export async function revokeReuse(
  ctx: CommandContext<PersonActor>,
  input: { readonly engagementId: EngagementId; readonly grantId: GrantId; readonly reason: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const grant = await lockGrant(tx, engagement.id, input.grantId)
    const at = reuseStanding(grant, ctx.now)
    ensure(revokeReuseRefusal(await getStanding(tx, ctx.actor, engagement.id), at))
    await saveGrant(tx, grant.id, {
      state: 'revoked',
      endedBy: ctx.actor.personId,
      endedAt: ctx.now,
      endReason: input.reason,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'reuse.ended',
      engagementId: engagement.id,
      subjectId: grant.id,
      summary: `${ctx.actor.name} took back the use of ${grant.slug} by ${grant.borrower}. ${input.reason}`,
      at: ctx.now,
    })
    if (at === 'active')
      await tellBorrower(tx, grant.id, `The model ${grant.slug} is not lent to this engagement any more.`, ctx.now)
  })
}
