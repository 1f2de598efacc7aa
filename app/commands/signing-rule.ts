import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import type { SigningRuleForm } from '#app/domain/signing-rule.ts'
import { getStanding, lockEngagement, saveSigningRule } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Set how things are signed in an engagement from now on. What was sent keeps the rule it was sent with. */
export async function setSigningRule(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId } & z.infer<typeof SigningRuleForm>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(leadActRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { engagementId, riskTier, ...rule } = input
    await saveSigningRule(tx, engagementId, riskTier, rule)
    await recordEvent(tx, ctx.actor, {
      kind: 'sign_off.rule_changed',
      engagementId,
      subjectId: engagementId,
      summary: `${ctx.actor.name} set how things are signed: risk tier ${riskTier}, ${String(rule.quorum)} approvals.`,
      at: ctx.now,
    })
  })
}
