import type { PersonActor } from '#app/domain/actor.ts'
import { SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { CriterionVersionId, DecisionId, EngagementId, ProblemStatementId, SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { SignInput } from '#app/domain/sign-off.ts'
import type { SignOffSubject } from '#app/domain/subject.ts'
import { signRefusal, staleRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { listCriterionVersions, lockCriterion, saveCriterionVersionState } from '#db/queries/criteria.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import type { SeatRow } from '#db/queries/seats.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/seats.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listProblems, lockProblem, saveProblemState } from '#db/queries/problems.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { insertSignOff, lockSignOff, saveSignOffState, supersedeSignOffs } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { followRecord } from './engagements.ts'

/** Open a sign-off for a frozen document, record our side's approval, and ask the client's signers by mail. */
export async function openSignOff(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: {
    engagement: EngagementRow
    subject: { type: SignOffSubject; id: string }
    document: string
    title: string
    signers: readonly SeatRow[]
    origin: string
  },
): Promise<{ readonly id: SignOffId; readonly subjectHash: string }> {
  const signOff = {
    id: newId<SignOffId>(),
    engagementId: input.engagement.id,
    subjectType: input.subject.type,
    subjectId: input.subject.id,
    subjectHash: sha256(input.document),
  }
  await insertSignOff(tx, { ...signOff, title: input.title, sentBy: ctx.actor.personId, sentAt: ctx.now })
  await appendDecision(tx, {
    actor: ctx.actor,
    organisationId: input.engagement.clientOrganisationId,
    engagementId: input.engagement.id,
    signOffId: signOff.id,
    subject: input.subject,
    title: input.title,
    document: input.document,
    outcome: 'approved',
    rationale: 'Sent for the client’s signature.',
    authority: SEAT_FUNCTION_WORDS.engagement_lead,
    at: ctx.now,
  })
  for (const signer of input.signers) {
    if (signer.personEmail === null || signer.personName === null) continue
    await queueMail(tx, {
      to: { name: signer.personName, email: signer.personEmail },
      subject: `Please read and decide: ${input.title}`,
      body: `${ctx.actor.name} asks for your decision on “${input.title}” in ${input.engagement.name}. The page shows exactly what you would sign. Opening it changes nothing.`,
      links: [{ label: 'Read and decide', url: `${input.origin}${paths.signOff(input.engagement.id, signOff.id)}` }],
      now: ctx.now,
    })
  }
  await followRecord(tx, ctx, input.engagement)
  return signOff
}

/**
 * Decide on a sign-off: approve, ask for changes, or reject. The signature counts for exactly the text that was shown.
 * @throws AppError `refused` when the asker may not sign or somebody decided before; `conflict` when the page was stale
 */
export async function decideSignOff(
  ctx: CommandContext<PersonActor>,
  input: SignInput & { engagementId: EngagementId; signOffId: SignOffId; origin: string },
): Promise<DecisionId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const signOff = await lockSignOff(tx, engagement.id, input.signOffId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(signRefusal(standing, signOff.state))
    const stale = staleRefusal(input.shownHash, signOff.subjectHash)
    if (stale) throw new AppError('conflict', stale.reason)

    const document = await documentOf(tx, engagement.id, signOff)
    const authority = standing.seats.find((held) => held.raci === 'A')
    const { id: decisionId } = await appendDecision(tx, {
      actor: ctx.actor,
      organisationId: engagement.clientOrganisationId,
      engagementId: engagement.id,
      signOffId: signOff.id,
      subject: { type: signOff.subjectType, id: signOff.subjectId },
      title: signOff.title,
      document,
      outcome: input.outcome,
      rationale: input.rationale,
      authority: authority ? SEAT_FUNCTION_WORDS[authority.function] : '',
      at: ctx.now,
    })
    await saveSignOffState(tx, signOff.id, input.outcome, ctx.now)
    if (signOff.subjectType === 'criterion_version') await settleCriterion(tx, ctx, { signOff, input })
    else await settleProblem(tx, ctx, { signOff, input })
    await followRecord(tx, ctx, engagement)
    await tellTheTable(tx, ctx, { engagement, signOff, input })
    await recordEvent(tx, ctx.actor, {
      kind: signOff.subjectType === 'criterion_version' ? 'criterion.decided' : 'problem.decided',
      engagementId: engagement.id,
      subjectId: signOff.subjectId,
      summary: `${ctx.actor.name} ${OUTCOME_VERBS[input.outcome]} “${signOff.title}”.`,
      at: ctx.now,
    })
    return decisionId
  })
}

const OUTCOME_VERBS = {
  approved: 'signed',
  changes_requested: 'asked for changes to',
  rejected: 'rejected',
} as const

const STATE_AFTER = { approved: 'agreed', changes_requested: 'changes_requested', rejected: 'withdrawn' } as const

interface Settling {
  readonly signOff: SignOffRow
  readonly input: SignInput & { engagementId: EngagementId }
}

/** The signed version takes the place of the one before it, and every run is judged again. */
async function settleCriterion(tx: Tx, ctx: CommandContext, { signOff, input }: Settling): Promise<void> {
  const id = toId<CriterionVersionId>(signOff.subjectId)
  const all = await listCriterionVersions(tx, input.engagementId)
  const { criterionId } = found(
    all.find((version) => version.id === id),
    'This version',
  )
  const { versions } = await lockCriterion(tx, input.engagementId, criterionId)
  if (input.outcome === 'approved') {
    for (const before of versions.filter((version) => version.state === 'agreed')) {
      await saveCriterionVersionState(tx, before.id, 'superseded', ctx.now)
      await supersedeSignOffs(tx, before.id, ctx.now)
    }
    await enqueue(tx, 'judge_engagement', { engagementId: input.engagementId }, { key: `judge:${input.engagementId}` })
  }
  await saveCriterionVersionState(tx, id, STATE_AFTER[input.outcome], ctx.now)
}

async function settleProblem(tx: Tx, ctx: CommandContext, { signOff, input }: Settling): Promise<void> {
  const id = toId<ProblemStatementId>(signOff.subjectId)
  await lockProblem(tx, input.engagementId, id)
  if (input.outcome === 'approved') {
    for (const before of (await listProblems(tx, input.engagementId)).filter((version) => version.state === 'agreed')) {
      await saveProblemState(tx, before.id, 'superseded', ctx.now)
      await supersedeSignOffs(tx, before.id, ctx.now)
    }
  }
  await saveProblemState(tx, id, STATE_AFTER[input.outcome], ctx.now)
}

/** What was frozen when it was sent, and so what the page showed. */
async function documentOf(tx: Tx, engagementId: EngagementId, signOff: SignOffRow): Promise<string> {
  const versions =
    signOff.subjectType === 'criterion_version'
      ? await listCriterionVersions(tx, engagementId)
      : await listProblems(tx, engagementId)
  return found(versions.find((version) => version.id === signOff.subjectId)?.document, 'What is to be signed')
}

/** Our side hears of the decision, and the signer gets a receipt that names the hash of what was signed. */
async function tellTheTable(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  told: { engagement: EngagementRow; signOff: SignOffRow; input: SignInput & { origin: string } },
): Promise<void> {
  const { engagement, signOff, input } = told
  const url = `${input.origin}${paths.signOff(engagement.id, signOff.id)}`
  await queueMail(tx, {
    to: ctx.actor,
    subject: `Receipt: you ${OUTCOME_VERBS[input.outcome]} ${signOff.title}`,
    body: `On ${ctx.now.toISOString()} you ${OUTCOME_VERBS[input.outcome]} “${signOff.title}” in ${engagement.name}. SHA-256 of what you read: ${signOff.subjectHash}. Keep this mail: it is your witness of the record.`,
    links: [{ label: 'Open the record', url }],
    now: ctx.now,
  })
  const ours = (await listSeats(tx, engagement.id)).filter((seat) => seat.function === 'engagement_lead')
  for (const seat of ours) {
    if (seat.personEmail === null || seat.personName === null) continue
    await queueMail(tx, {
      to: { name: seat.personName, email: seat.personEmail },
      subject: `${ctx.actor.name} ${OUTCOME_VERBS[input.outcome]} ${signOff.title}`,
      body: input.rationale === '' ? 'No reason was given.' : `The reason: ${input.rationale}`,
      links: [{ label: 'Open the record', url }],
      now: ctx.now,
    })
  }
}
