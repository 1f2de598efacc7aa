import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { EngagementState, Standing } from './engagement.ts'
import { isOperator, isTeam } from './engagement.ts'
import { day, line, prose } from './text.ts'

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

/** As importRefusal, and once the hand-over is signed the client's people who run the model bring fresh data, too. */
export function freshDataRefusal(standing: Standing, engagement: EngagementState): Refusal | null {
  return engagement === 'operate' && isOperator(standing) ? null : importRefusal(standing)
}

/** `import`: bytes that we hold. `external`: what a client of the tracking API named. */
export const DATASET_SOURCES = ['import', 'external'] as const
export type DatasetSource = (typeof DATASET_SOURCES)[number]

/** `erased` is final: the bytes are gone, the tombstone stays. */
export const DATASET_STATES = ['available', 'restricted', 'withdrawn', 'erased'] as const
export type DatasetState = (typeof DATASET_STATES)[number]

export const DATASET_STATE_WORDS: Readonly<Record<DatasetState, string>> = {
  available: 'Available',
  restricted: 'Restricted',
  withdrawn: 'Withdrawn',
  erased: 'Erased',
}

/** Article 6 (1) a to f of the General Data Protection Regulation, and data about nobody. */
export const LEGAL_BASES = [
  'not_personal',
  'consent',
  'contract',
  'legal_obligation',
  'vital_interests',
  'public_task',
  'legitimate_interests',
] as const
export type LegalBasis = (typeof LEGAL_BASES)[number]

export const LEGAL_BASIS_WORDS: Readonly<Record<LegalBasis, string>> = {
  not_personal: 'Not personal data',
  consent: 'Consent',
  contract: 'Contract',
  legal_obligation: 'Legal obligation',
  vital_interests: 'Vital interests',
  public_task: 'Public task',
  legitimate_interests: 'Legitimate interests',
}

const MOVES: Readonly<Record<DatasetState, readonly DatasetState[]>> = {
  available: ['restricted', 'withdrawn', 'erased'],
  restricted: ['available', 'withdrawn', 'erased'],
  withdrawn: ['erased'],
  erased: [],
}

/**
 * Why a dataset version may not move to a state. The client's data owner and privacy person may restrict, withdraw and
 * erase; so may our lead. What was withdrawn does not come back: the client sends it again as a new version.
 */
export function datasetMoveRefusal(standing: Standing, from: DatasetState, to: DatasetState): Refusal | null {
  const mayMove = standing.seats.some((seat) =>
    (['engagement_lead', 'data_owner', 'legal_privacy'] as const).some((held) => held === seat.function),
  )
  if (!mayMove) return { reason: 'The engagement lead, the data owner or the privacy person decides what may be used.' }
  if (from === to) return { reason: `It is ${DATASET_STATE_WORDS[to].toLowerCase()} already.` }
  return MOVES[from].includes(to)
    ? null
    : {
        reason: `Data that was ${DATASET_STATE_WORDS[from].toLowerCase()} cannot become ${DATASET_STATE_WORDS[to].toLowerCase()}.`,
      }
}

/** True when runs judged on the data still count, and jobs may read it. Restricted data may be used by those who have it. */
export function isUsable(state: DatasetState): boolean {
  return state === 'available' || state === 'restricted'
}

/** What must be known before data is used: on which basis, for what, where it must stay, and until when. */
export const DatasetTermsForm = z.object({
  legalBasis: z.enum(LEGAL_BASES, { error: 'Choose a legal basis.' }),
  /** One purpose a line. */
  purposes: prose(2000, 'The purposes', 1).transform((text) =>
    text
      .split('\n')
      .map((purpose) => purpose.trim())
      .filter((purpose) => purpose !== ''),
  ),
  residency: z.string().trim().max(100, 'The place may have at most 100 characters.').default(''),
  /** Empty: nobody said. */
  retainUntil: day('The last day')
    .or(z.literal(''))
    .default('')
    .transform((text) => (text === '' ? null : text)),
})
export type DatasetTerms = z.infer<typeof DatasetTermsForm>

export const DatasetMoveForm = z.object({
  to: z.enum(DATASET_STATES, { error: 'Choose a state.' }),
  reason: prose(1000, 'A reason', 1),
})
