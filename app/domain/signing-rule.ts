import { z } from 'zod'
import type { SignOffRule } from './sign-off-case.ts'
import { ticked } from './text.ts'

/** How grave a mistake would be: `high` asks for the password again, for an author who does not sign, and for signed models. */
export const RISK_TIERS = ['standard', 'high'] as const
export type RiskTier = (typeof RISK_TIERS)[number]

/** Whether each model version is signed before it goes live. */
export function signsModels(tier: RiskTier): boolean {
  return tier === 'high'
}

/** How sign-offs of an engagement are decided, unless its tier asks for more. */
export const SigningRule = z.object({
  quorum: z.number().int().min(1).max(20).default(1),
  isInOrder: z.boolean().default(false),
  awaitsFeedback: z.boolean().default(false),
  recurDays: z.number().int().min(1).max(3650).nullable().default(null),
})
export type SigningRule = z.infer<typeof SigningRule>

export const SigningRuleForm = z.object({
  riskTier: z.enum(RISK_TIERS, { error: 'Choose a tier.' }),
  quorum: z.coerce
    .number({ error: 'How many persons have to approve?' })
    .int('This is a whole number.')
    .min(1, 'At least one person approves.')
    .max(20, 'At most 20 persons approve.'),
  isInOrder: ticked,
  awaitsFeedback: ticked,
  recurDays: z
    .literal('')
    .transform(() => null)
    .or(z.coerce.number().int('This is a whole number.').min(1, 'At least one day.').max(3650, 'At most ten years.'))
    .default(null),
})

/**
 * The rule of one sign-off, frozen when it is sent.
 * @param signerIds accountable persons of the client in the order of their seats; the quorum is never above their number
 */
export function ruleFor(tier: RiskTier, rule: SigningRule, signerIds: readonly string[]): SignOffRule {
  const distinct = [...new Set(signerIds)]
  return {
    quorum: Math.max(1, Math.min(rule.quorum, distinct.length)),
    order: rule.isInOrder ? distinct : [],
    isAuthorExcluded: tier === 'high',
    asksPasswordAgain: tier === 'high',
    awaitsFeedback: rule.awaitsFeedback,
    recurDays: rule.recurDays,
  }
}
