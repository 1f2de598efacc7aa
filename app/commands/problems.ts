import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { draftRefusal, sendRefusal } from '#app/domain/criterion.ts'
import { endedRefusal, linesOf } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, ProblemStatementId, SignOffId } from '#app/domain/ids.ts'
import type { ProblemContent, ProblemForm } from '#app/domain/problem.ts'
import { problemDocument } from '#app/domain/problem.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { freezeProblem, insertProblem, listProblems, saveProblemDraft } from '#db/queries/problems.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'
import { listSigners, openSignOff } from './sign-offs.ts'

/**
 * Change the problem statement. A draft is changed in place; anything that was sent stays as it is and a new version
 * is drafted.
 */
export async function draftProblem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; form: z.infer<typeof ProblemForm>; startedFrom?: string | undefined },
): Promise<ProblemStatementId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(draftRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { inScope, outOfScope, ...rest } = input.form
    const content: ProblemContent = { ...rest, inScope: linesOf(inScope), outOfScope: linesOf(outOfScope) }
    const [newest] = await listProblems(tx, engagement.id)
    if (newest?.state === 'in_review')
      throw new AppError('refused', 'The client is reading this version now. Wait for the answer before you change it.')
    if (newest) ensureSameDraft(input.startedFrom, newest.content)
    if (newest?.state === 'draft' && newest.contentHash === null) {
      await saveProblemDraft(tx, newest.id, { content, by: ctx.actor.personId })
      return newest.id
    }
    const id = newId<ProblemStatementId>()
    const version = (newest?.version ?? 0) + 1
    await insertProblem(tx, {
      id,
      engagementId: engagement.id,
      version,
      content,
      createdBy: ctx.actor.personId,
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'problem.drafted',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} drafted version ${String(version)} of the problem statement.`,
      at: ctx.now,
    })
    return id
  })
}

/** Send the newest draft for the client's signature. Sending is our side's approval. */
export async function sendProblem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; origin: string },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    const [newest] = await listProblems(tx, engagement.id)
    if (!newest) throw new AppError('refused', 'There is no problem statement to send.')
    const signers = await listSigners(tx, engagement, 'problem_statement')
    ensure(sendRefusal(standing, newest.state, { clientAccountableCount: signers.length }))
    ensure(endedRefusal(engagement.state))
    const document = canonicalJson(problemDocument(engagementHead(engagement), newest.version, newest.content))
    const title = `Problem statement, version ${String(newest.version)}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'problem_statement', id: newest.id },
      document,
      title,
      authorId: newest.createdBy,
      signers,
      origin: input.origin,
    })
    await freezeProblem(tx, newest.id, { document, contentHash: signOff.subjectHash })
    await recordEvent(tx, ctx.actor, {
      kind: 'problem.sent',
      engagementId: engagement.id,
      subjectId: newest.id,
      summary: `${ctx.actor.name} sent “${title}” for signature.`,
      at: ctx.now,
    })
    return signOff.id
  })
}

/** The engagement as it stands at the head of a document to be signed. */
export function engagementHead(engagement: { id: string; code: string; name: string; client: string }) {
  return { id: engagement.id, code: engagement.code, name: engagement.name, client: engagement.client }
}
