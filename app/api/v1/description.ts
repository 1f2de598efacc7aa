import { z } from 'zod'
import type { Operation } from './operation.ts'
import { V1_ROOT } from './root.ts'

/** What one address takes and gives, as the description for programs and the page for people both tell it. */
export interface Description {
  readonly method: 'GET' | 'POST'
  /** With `{name}` for parts that vary. */
  readonly url: string
  readonly name: string
  readonly summary: string
  readonly params: z.ZodObject
  /** By content type; null for bytes that no schema describes. */
  readonly bodies: Readonly<Record<string, z.ZodType | null>>
  readonly answers: Readonly<Record<string, z.ZodType | null>>
  /** What a refusal looks like; null where nobody is refused. */
  readonly refusal: 'Fault' | 'Problem' | null
  readonly isPublic: boolean
}

const Engagement = z.object({ engagement: z.string().describe('Its code or id') })

export function ofOperation(operation: Operation): Description {
  return {
    method: operation.method,
    url: `${V1_ROOT}/{engagement}/${operation.path}`,
    name: operation.name,
    summary: operation.summary,
    params: Engagement.extend(operation.params.shape),
    bodies: Object.fromEntries(operation.bodyTypes.map((type) => [type, null])),
    answers: { 'application/json': operation.answer },
    refusal: 'Fault',
    isPublic: false,
  }
}
