import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { endedRefusal, holds, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { Affected, ExternalEventInput } from '#app/domain/external-event.ts'
import { changeForEvent, eventRows, externalEventRefusal } from '#app/domain/external-event.ts'
import type { CriterionVersionId, EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { pageDocument } from '#app/domain/page-document.ts'
import { raciFor } from '#app/domain/seat.ts'
import { paths } from '#app/paths.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import {
  getFlag,
  insertExternalEvent,
  insertFlags,
  isIssued,
  listTouchedEngagements,
  saveFlagResolution,
  traceTouched,
} from '#db/queries/external-events.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import { writeChangeDraft } from './changes.ts'
import type { CommandContext } from './context.ts'
import { scopeOf, transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { engagementHead } from './problems.ts'
import { writeDown } from './registers.ts'
import { suspendVersion } from './suspensions.ts'
import { tellSeats } from './telling.ts'

/** What an event reaches in one engagement. */
export interface Reach {
  readonly engagement: EngagementRow
  readonly affected: Affected
}

/**
 * Everything downstream of what an event touches, in each engagement in which the actor may issue it. Stores nothing, so
 * that the form which asks for it can be sent again.
 * @returns also the hash of what is shown, which issuing is bound to
 */
export async function previewExternalEvent(
  ctx: CommandContext<PersonActor>,
  form: ExternalEventInput,
): Promise<{ readonly reached: readonly Reach[]; readonly shownHash: string }> {
  const scope = { ...scopeOf(ctx.actor), isReadOnly: true }
  return ctx.database.as(scope, (tx) => reachOf(tx, ctx, form, getEngagement))
}

async function reachOf(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  form: ExternalEventInput,
  read: (tx: Tx, id: EngagementId) => Promise<EngagementRow>,
): Promise<{ reached: Reach[]; shownHash: string }> {
  const reached: Reach[] = []
  for (const id of await listTouchedEngagements(tx, form.touched)) {
    if (externalEventRefusal(await getStanding(tx, ctx.actor, id)) !== null) continue
    const engagement = await read(tx, id)
    const affected = await traceTouched(tx, id, form.touched)
    if (affected !== null) reached.push({ engagement, affected })
  }
  const shown = reached.map(({ engagement, affected }) => ({ engagement: engagement.id, affected }))
  return { reached, shownHash: sha256(JSON.stringify(shown)) }
}

/**
 * Issue an event in every engagement that it reaches, all or none: it goes on the record, a change is drafted, a risk is
 * opened, the endpoints are flagged, and where the issuer says so the agreements are suspended because the law changed.
 * Issuing the same one again changes nothing.
 * @throws AppError `conflict` when what is downstream is no more what the preview showed, `refused` when nothing is reached
 */
export async function issueExternalEvent(
  ctx: CommandContext<PersonActor>,
  input: { issueId: string; shownHash: string; form: ExternalEventInput; origin: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    if (await isIssued(tx, input.issueId)) return
    const { reached, shownHash } = await reachOf(tx, ctx, input.form, lockEngagement)
    // Somebody may have sent the same form while the locks were waited for.
    if (await isIssued(tx, input.issueId)) return
    if (reached.length === 0) throw new AppError('refused', 'Nothing in your engagements is touched by it.')
    const cut = reached.find(({ affected }) => affected.isCut)
    ensure(
      cut === undefined
        ? null
        : {
            reason: `More rests on this in “${cut.engagement.name}” than can be issued at once: choose fewer versions of data or criteria, and issue it in parts.`,
          },
    )
    if (shownHash !== input.shownHash)
      throw new AppError('conflict', 'What rests on it changed since the preview. Look at the preview again.')
    for (const reach of reached) await issueIn(tx, ctx, { ...input, ...reach })
  })
}

async function issueIn(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: Reach & { issueId: string; form: ExternalEventInput; origin: string },
): Promise<void> {
  const { engagement, affected, form, issueId } = input
  const { title, whatChanged, source, effectiveOn, isSuspending } = form
  const event = { title, whatChanged, source, effectiveOn, isSuspending }
  ensure(endedRefusal(engagement.state))
  const id = newId()
  const seats = await listSeats(tx, engagement.id)
  const lead = seats.find((seat) => seat.function === 'engagement_lead' && seat.personId !== null)
  const rows = eventRows(event, affected)
  const changeId = await writeChangeDraft(tx, ctx, engagement.id, changeForEvent(event, affected))
  const registerItemId = await writeDown(tx, ctx, {
    engagementId: engagement.id,
    kind: 'risk',
    title: event.title,
    body: `${event.whatChanged}\n\nSource: ${event.source}`.slice(0, 4000),
    ownerId: lead?.personId ?? ctx.actor.personId,
    likelihood: 'high',
    impact: 'high',
    due: event.effectiveOn,
    audience: 'shared',
  })
  const { personId } = ctx.actor
  const shared = { id, issueId, engagementId: engagement.id, affected, changeId, registerItemId }
  await insertExternalEvent(tx, { ...event, ...shared, issuedBy: personId, issuedAt: ctx.now })
  await insertFlags(
    tx,
    affected.endpoints.map((endpoint) => ({
      id: newId(),
      engagementId: engagement.id,
      eventId: id,
      endpointId: endpoint.id,
      raisedAt: ctx.now,
    })),
  )
  await decideOn(tx, ctx, {
    engagement,
    eventId: id,
    title: `External event: ${event.title}`,
    rows,
    consequence:
      'Issuing puts it on the record, drafts a change, opens a risk and flags the endpoints until somebody decides that they go on.',
    outcome: 'issued',
    rationale: event.whatChanged,
  })
  await recordEvent(tx, ctx.actor, {
    kind: 'external_event.issued',
    engagementId: engagement.id,
    subjectId: id,
    summary: `${ctx.actor.name} issued the external event “${event.title}”; ${affected.endpoints.length === 1 ? '1 endpoint is' : `${String(affected.endpoints.length)} endpoints are`} flagged.`,
    at: ctx.now,
  })
  if (event.isSuspending)
    for (const criterion of affected.criteria)
      await suspendVersion(tx, ctx, {
        engagement,
        criterionVersionId: toId<CriterionVersionId>(criterion.id),
        reason: 'law',
        evidence: `${event.title}, in force from ${event.effectiveOn}. Source: ${event.source}.`,
        origin: input.origin,
      })
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) =>
      seat.personId !== personId &&
      (seat.function === 'engagement_lead' ||
        seat.function === 'legal_privacy' ||
        seat.function === 'data_owner' ||
        raciFor(seat, 'change_request') === 'A'),
    subject: `${event.title}: ${engagement.name} is touched`,
    body: `${event.whatChanged}\n\nIn force from ${event.effectiveOn}. The page says what rests on it. Opening it changes nothing.`,
    links: [{ label: 'See what is touched', url: `${input.origin}${paths.externalEvent(engagement.id, id)}` }],
    now: ctx.now,
  })
}

/** Decide that a flagged endpoint goes on, for a reason that stays in the record. Deciding it twice is refused. */
export async function resolveFlag(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; flagId: string; reason: string },
): Promise<{ readonly eventId: string }> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const flag = await getFlag(tx, engagement.id, input.flagId)
    ensure(externalEventRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    if (flag.resolvedAt !== null) throw new AppError('refused', 'This was decided already.')
    await saveFlagResolution(tx, flag.id, { by: ctx.actor.personId, at: ctx.now, reason: input.reason })
    await decideOn(tx, ctx, {
      engagement,
      eventId: flag.eventId,
      title: `The endpoint ${flag.slug} goes on after: ${flag.eventTitle}`,
      rows: [
        { term: 'External event', value: flag.eventTitle },
        { term: 'Endpoint', value: flag.slug },
        { term: 'Flagged since', value: flag.raisedAt.toISOString() },
        { term: 'Reason', value: input.reason },
      ],
      consequence: 'The flag is taken from the endpoint; the event and this reason stay on the record.',
      outcome: 'approved',
      rationale: input.reason,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'external_event.resolved',
      engagementId: engagement.id,
      subjectId: flag.eventId,
      summary: `${ctx.actor.name} decided that the endpoint ${flag.slug} goes on after “${flag.eventTitle}”.`,
      at: ctx.now,
    })
    return { eventId: flag.eventId }
  })
}

async function decideOn(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  what: {
    readonly engagement: EngagementRow
    readonly eventId: string
    readonly title: string
    readonly rows: readonly { readonly term: string; readonly value: string }[]
    readonly consequence: string
    readonly outcome: 'issued' | 'approved'
    readonly rationale: string
  },
): Promise<void> {
  const { engagement, title, rows, consequence } = what
  const standing = await getStanding(tx, ctx.actor, engagement.id)
  const isLead = holds(standing, 'engagement_lead')
  await appendDecision(tx, {
    actor: ctx.actor,
    organisationId: engagement.clientOrganisationId,
    engagementId: engagement.id,
    signOffId: null,
    subject: { type: 'compliance_event', id: what.eventId },
    title,
    document: canonicalJson(
      pageDocument(engagementHead(engagement), 'external_event', { title, rows: [...rows], consequence }),
    ),
    outcome: what.outcome,
    rationale: what.rationale,
    authority: isLead ? SEAT_FUNCTION_WORDS.engagement_lead : 'Executive',
    at: ctx.now,
  })
}
