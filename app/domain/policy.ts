import type { Actor } from './actor.ts'
import { isExecutive, isFirmAdmin, isStaff } from './actor.ts'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'

/**
 * Who may open a page. Every route declares one of these as `handle = { policy }`; a route without one answers 404 and
 * fails the build.
 * - `public`: anybody, signed in or not
 * - `signed-in`: any person with an account
 * - `staff`, `executive`, `firm-admin`: people of the consultancy
 * - `engagement`: people who have a seat in the engagement of the path, and executives
 * - `team`: of those, the consultancy's people
 */
export const POLICIES = ['public', 'signed-in', 'staff', 'executive', 'firm-admin', 'engagement', 'team'] as const
export type Policy = (typeof POLICIES)[number]

export function isPolicy(value: unknown): value is Policy {
  return POLICIES.some((policy) => policy === value)
}

/** True for policies about the engagement that the path names. */
export function isAboutEngagement(policy: Policy): policy is 'engagement' | 'team' {
  return policy === 'engagement' || policy === 'team'
}

/**
 * Whether the asker passes. Not passing is answered as not existing.
 * @param standing what the asker is in the engagement of the path; null when the path names none or it does not exist for them
 */
export function passes(policy: Policy, actor: Actor | null, standing: Standing | null): boolean {
  if (policy === 'public') return true
  if (actor === null) return false
  switch (policy) {
    case 'signed-in':
      return true
    case 'staff':
      return isStaff(actor)
    case 'executive':
      return isExecutive(actor)
    case 'firm-admin':
      return isFirmAdmin(actor)
    case 'engagement':
      return standing !== null
    case 'team':
      return standing !== null && isTeam(standing)
    default:
      return policy satisfies never
  }
}
