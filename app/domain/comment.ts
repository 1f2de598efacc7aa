import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { prose } from './text.ts'

/** Who reads a thread. Each is kept apart from the other for good: nothing moves between them. */
export const AUDIENCES = ['team', 'shared'] as const
export type Audience = (typeof AUDIENCES)[number]

/** What can be commented on: each has its two threads. */
export const COMMENTED = ['sign_off', 'criterion', 'deliverable', 'change', 'model_version', 'dataset_version'] as const
export type Commented = (typeof COMMENTED)[number]

export function isCommented(kind: string | undefined): kind is Commented {
  return COMMENTED.some((known) => known === kind)
}

export const CommentForm = z.object({
  audience: z.enum(AUDIENCES, { error: 'Choose who reads it.' }),
  body: prose(4000, 'The comment', 1),
})

export function commentRefusal(standing: Standing, audience: Audience): Refusal | null {
  if (audience === 'team') return isTeam(standing) ? null : { reason: 'The team’s own thread is the team’s.' }
  return isTeam(standing) || standing.seats.length > 0 ? null : { reason: 'Only people at the table write here.' }
}
