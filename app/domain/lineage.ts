import { AppError } from './errors.ts'
import { isId } from './ids.ts'

/** What can be traced, from what work rests on to what rests on it. */
export const LINEAGE_KINDS = [
  'decision',
  'criterion_version',
  'dataset',
  'code',
  'run',
  'evaluation',
  'environment',
  'model_version',
  'deployment',
] as const
export type LineageKind = (typeof LINEAGE_KINDS)[number]

export interface LineageEnd {
  readonly kind: LineageKind
  readonly id: string
}

const ID_LENGTH_MAX = 500
/** Kinds whose ids are texts of clients: a commit, the name of a program, a digest. */
const TEXT_KINDS: readonly LineageKind[] = ['code', 'environment']

/** Read `<kind>:<id>`. @throws AppError `invalid` for another form, `not_found` for an id that names nothing */
export function parseLineageEnd(text: string): LineageEnd {
  const colon = text.indexOf(':')
  const kind = LINEAGE_KINDS.find((known) => known === text.slice(0, Math.max(0, colon)))
  const id = text.slice(colon + 1)
  if (!kind || id === '' || id.length > ID_LENGTH_MAX || id.includes('\u0000'))
    throw new AppError('invalid', `Say from what as kind:id; kinds are ${LINEAGE_KINDS.join(', ')}.`)
  const isFitting = kind === 'run' ? /^[0-9a-f]{32}$/.test(id) : TEXT_KINDS.includes(kind) || isId(id)
  if (!isFitting) throw new AppError('not_found', 'This does not exist.')
  return { kind, id }
}
