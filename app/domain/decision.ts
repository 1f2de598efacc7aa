import type { Json } from './canonical-json.ts'
import { canonicalJson } from './canonical-json.ts'
import type { DecisionOutcome } from './outcome.ts'
import type { DecisionSubject } from './subject.ts'

/** What a signature may be tied to: it holds only when each item is done by its day (YYYY-MM-DD). */
export interface Condition {
  readonly text: string
  readonly due: string
}

/** How the person proved who they are. `password again`: it was asked for once more for this decision. */
export const METHODS = ['password session', 'password again'] as const
export type Method = (typeof METHODS)[number]

/** Everything that a link of the chain says. Days and times are UTC with milliseconds. */
export interface DecisionBody {
  readonly seq: number
  readonly organisationId: string
  readonly engagementId: string
  /** Null for decisions that nobody was asked for: a waiver, a suspension. */
  readonly signOffId: string | null
  readonly decisionId: string
  readonly subject: { readonly type: DecisionSubject; readonly id: string; readonly sha256: string }
  /** What it is about, in words. */
  readonly title: string
  readonly outcome: DecisionOutcome
  readonly side: 'consultancy' | 'client'
  readonly rationale: string
  readonly conditions: readonly Condition[]
  readonly decidedBy: { readonly id: string; readonly name: string; readonly email: string }
  /** Whose decision it was to make, when a delegate made it; null otherwise. */
  readonly onBehalfOf: { readonly id: string; readonly name: string } | null
  readonly authority: string
  readonly method: Method
  readonly at: string
  readonly prevHash: string
}

/** The hash before the first link. */
export const CHAIN_START = '0'.repeat(64)

/** The text whose SHA-256 is the link's hash: canonical JSON (RFC 8785) of the body with its format. */
export function decisionText(body: DecisionBody): string {
  const { subject, decidedBy, onBehalfOf, conditions, ...rest } = body
  const value: Json = {
    format: 'throughline.decision/1',
    ...rest,
    subject: { ...subject },
    decidedBy: { ...decidedBy },
    onBehalfOf: onBehalfOf === null ? null : { ...onBehalfOf },
    conditions: conditions.map((condition) => ({ ...condition })),
  }
  return canonicalJson(value)
}

/** A link as it is stored: the text, its hashes, what was shown, and the columns that repeat what the text says. */
export interface ChainLink {
  readonly id: string
  readonly organisationId: string
  readonly seq: number
  readonly engagementId: string
  readonly signOffId: string | null
  readonly subjectType: string
  readonly subjectId: string
  readonly subjectHash: string
  readonly title: string
  readonly outcome: string
  readonly side: string
  readonly rationale: string
  readonly decidedBy: string
  readonly onBehalfOf: string | null
  readonly authority: string
  readonly at: Date
  readonly body: string
  readonly prevHash: string
  readonly hash: string
  /** What was shown, to the byte. */
  readonly document: string
}

/**
 * What is wrong with a link, given the one before it in its organisation's chain; null when it holds.
 * @param before null for the first link
 * @param sha256 hexadecimal SHA-256 of UTF-8 text
 */
export function linkFault(
  link: ChainLink,
  before: { readonly seq: number; readonly hash: string } | null,
  sha256: (text: string) => string,
): string | null {
  const expectedSeq = (before?.seq ?? 0) + 1
  if (link.seq !== expectedSeq) return `expected number ${String(expectedSeq)}, found ${String(link.seq)}`
  if (link.prevHash !== (before?.hash ?? CHAIN_START)) return 'it does not name the hash of the decision before it'
  if (sha256(link.body) !== link.hash) return 'its text does not have its hash'
  if (sha256(link.document) !== link.subjectHash) return 'what was shown does not have the hash that was signed'
  const column = strayColumn(link)
  return column === null ? null : `its column “${column}” does not say what its text says`
}

/** The first column that says something else than the text; null when all agree. */
function strayColumn(link: ChainLink): string | null {
  const said = parseBody(link.body)
  if (said === null) return 'body'
  const columns: readonly (readonly [string, unknown, unknown])[] = [
    ['id', said['decisionId'], link.id],
    ['organisation', said['organisationId'], link.organisationId],
    ['seq', said['seq'], link.seq],
    ['engagement', said['engagementId'], link.engagementId],
    ['sign-off', said['signOffId'], link.signOffId],
    ['subject type', member(said['subject'], 'type'), link.subjectType],
    ['subject', member(said['subject'], 'id'), link.subjectId],
    ['subject hash', member(said['subject'], 'sha256'), link.subjectHash],
    ['title', said['title'], link.title],
    ['outcome', said['outcome'], link.outcome],
    ['side', said['side'], link.side],
    ['rationale', said['rationale'], link.rationale],
    ['decided by', member(said['decidedBy'], 'id'), link.decidedBy],
    ['on behalf of', member(said['onBehalfOf'], 'id') ?? null, link.onBehalfOf],
    ['authority', said['authority'], link.authority],
    ['at', said['at'], link.at.toISOString()],
    ['previous hash', said['prevHash'], link.prevHash],
  ]
  return columns.find(([, text, column]) => text !== column)?.[0] ?? null
}

function parseBody(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
