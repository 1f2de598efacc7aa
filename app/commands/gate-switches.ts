import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { endedRefusal, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import { switchAsksPassword, switchGateRefusal } from '#app/domain/gate-waiver.ts'
import type { CriterionId, EngagementId } from '#app/domain/ids.ts'
import { signingSeat } from '#app/domain/sign-off.ts'
import { insertGateSwitch, listGateSwitches } from '#db/queries/checklists.ts'
import { lockCriterion } from '#db/queries/criteria.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { engagementHead } from './problems.ts'
import { ensurePasswordAgain, isOwnPassword } from './sign-offs.ts'

/**
 * Say that a criterion is no condition for going live, or is one again: a decision of the client on the record, until it is
 * taken back. The criterion stays signed and is judged as before.
 * @throws AppError `refused`, also when it stands so already; `invalid` for a wrong password where the risk tier asks for it
 */
export async function switchGate(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    criterionId: CriterionId
    state: 'off' | 'on'
    reason: string
    password?: string
  },
): Promise<void> {
  const isPasswordRight = await isOwnPassword(ctx, input.password)
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    const { criterion } = await lockCriterion(tx, engagement.id, input.criterionId)
    ensure(switchGateRefusal(standing))
    ensure(endedRefusal(engagement.state))
    const now = (await listGateSwitches(tx, engagement.id, null)).find((one) => one.criterionId === criterion.id)
    if ((now?.state ?? 'on') === input.state) throw new AppError('refused', `It is switched ${input.state} already.`)
    ensurePasswordAgain(switchAsksPassword(engagement.riskTier, input.state), isPasswordRight)
    await insertGateSwitch(tx, {
      engagementId: engagement.id,
      criterionId: criterion.id,
      state: input.state,
      reason: input.reason,
      switchedBy: ctx.actor.personId,
      at: ctx.now,
    })
    const seat = found(signingSeat(standing, 'model_version'))
    const title = `${criterion.key} as a condition for going live: switched ${input.state}`
    await appendDecision(tx, {
      actor: ctx.actor,
      organisationId: engagement.clientOrganisationId,
      engagementId: engagement.id,
      signOffId: null,
      subject: { type: 'waiver', id: criterion.id },
      title,
      document: canonicalJson({
        format: 'throughline.gate_switch/1',
        engagement: engagementHead(engagement),
        criterion: { id: criterion.id, key: criterion.key },
        state: input.state,
        reason: input.reason,
      }),
      outcome: input.state === 'off' ? 'waived' : 'restored',
      rationale: input.reason,
      onBehalfOf: seat.onBehalfOf ?? null,
      authority: SEAT_FUNCTION_WORDS[seat.function],
      method: isPasswordRight ? 'password again' : 'password session',
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'gate.switched',
      engagementId: engagement.id,
      subjectId: criterion.id,
      summary: `${ctx.actor.name}: ${title}. ${input.reason}`,
      at: ctx.now,
    })
  })
}
