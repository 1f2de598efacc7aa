import type { Json } from './canonical-json.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Outcome, SignOffSubject } from './sign-off.ts'

/** Everything that a link of the chain says. Days and times are UTC with milliseconds. */
export interface DecisionBody {
  readonly seq: number
  readonly organisationId: string
  readonly engagementId: string
  readonly signOffId: string
  readonly decisionId: string
  readonly subject: { readonly type: SignOffSubject; readonly id: string; readonly sha256: string }
  readonly outcome: Outcome
  readonly side: 'consultancy' | 'client'
  readonly rationale: string
  readonly decidedBy: { readonly id: string; readonly name: string; readonly email: string }
  readonly authority: string
  readonly method: 'password session'
  readonly at: string
  readonly prevHash: string
}

/** The hash before the first link. */
export const CHAIN_START = '0'.repeat(64)

/** The text whose SHA-256 is the link's hash: canonical JSON (RFC 8785) of the body with its format. */
export function decisionText(body: DecisionBody): string {
  const { subject, decidedBy, ...rest } = body
  const value: Json = {
    format: 'throughline.decision/1',
    ...rest,
    subject: { ...subject },
    decidedBy: { ...decidedBy },
  }
  return canonicalJson(value)
}

export interface ChainLink {
  readonly organisationId: string
  readonly seq: number
  readonly subjectHash: string
  readonly body: string
  readonly prevHash: string
  readonly hash: string
  /** What was shown, to the byte. */
  readonly document: string
}

/**
 * What is wrong with a link, given the one before it in its organisation's chain; null when it holds.
 * @param sha256 hexadecimal SHA-256 of UTF-8 text
 */
export function linkFault(link: ChainLink, before: ChainLink | null, sha256: (text: string) => string): string | null {
  const expectedSeq = (before?.seq ?? 0) + 1
  if (link.seq !== expectedSeq) return `expected number ${String(expectedSeq)}, found ${String(link.seq)}`
  if (link.prevHash !== (before?.hash ?? CHAIN_START)) return 'it does not name the hash of the decision before it'
  if (sha256(link.body) !== link.hash) return 'its text does not have its hash'
  if (sha256(link.document) !== link.subjectHash) return 'what was shown does not have the hash that was signed'
  const said = parseBody(link.body)
  if (said?.seq !== link.seq || said.prevHash !== link.prevHash || said.subject?.sha256 !== link.subjectHash)
    return 'its text does not say what its columns say'
  return null
}

function parseBody(body: string): { seq?: unknown; prevHash?: unknown; subject?: { sha256?: unknown } } | null {
  try {
    return JSON.parse(body) as { seq?: unknown; prevHash?: unknown; subject?: { sha256?: unknown } } // every field is checked by its reader
  } catch {
    return null
  }
}
