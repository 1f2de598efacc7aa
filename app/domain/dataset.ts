import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import { line, prose } from './text.ts'

/** Largest file of a dataset, in bytes: a job takes its data with it into a cage of bounded memory. */
export const DATASET_BYTES_MAX = 48 * 1024 * 1024

/** What a person says of a file of data; rows and columns are counted, not typed. */
export const DatasetForm = z.object({
  name: line(120, 'A name').refine(
    (name) => /^[\p{L}\p{N}][\p{L}\p{N}_.\- ]*$/u.test(name),
    'A name begins with a letter or digit and holds letters, digits, spaces, dots, dashes and underscores.',
  ),
  description: prose(2000, 'The description'),
  sourceNote: line(300, 'The source'),
  licence: line(200, 'The licence or legal basis'),
  /** A column of 0 and 1 whose ones are counted, so that intervals can be computed; empty for none. */
  target: z.string().trim().max(200, 'A column’s name may have at most 200 characters.').default(''),
})
export type DatasetInput = z.infer<typeof DatasetForm>

/** Why the asker may not bring data into an engagement. */
export function importRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) && standing.seats.length > 0
    ? null
    : { reason: 'Only people with a seat on the team bring data into an engagement.' }
}
