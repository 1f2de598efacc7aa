import { z } from 'zod'
import type { Json } from './canonical-json.ts'
import { canonicalJson } from './canonical-json.ts'
import { CHAIN_START } from './decision.ts'

/**
 * The note that is signed to say how far a chain went at a time: whoever holds one can prove that nothing before it was
 * taken out or put in. Lines end with a line feed, the last one too.
 */
export function checkpointNote(head: { organisationId: string; seq: number; hash: string; at: Date }): string {
  return [
    'throughline.checkpoint/1',
    `organisation ${head.organisationId}`,
    `records ${String(head.seq)}`,
    `hash ${head.hash}`,
    `at ${head.at.toISOString()}`,
    '',
  ].join('\n')
}

/** A record in a file: whole, or `sealed`: only its hashes, because it belongs to another engagement. */
const FileLink = z.object({
  seq: z.number().int(),
  prevHash: z.string(),
  hash: z.string(),
  body: z.string().optional(),
  document: z.string().optional(),
})
export type FileLink = z.infer<typeof FileLink>

const FileCheckpoint = z.object({ note: z.string(), keyId: z.string(), publicKey: z.string(), signature: z.string() })
export type FileCheckpoint = z.infer<typeof FileCheckpoint>

export const RecordFile = z.object({
  content: z.looseObject({
    format: z.enum(['throughline.record/1', 'throughline.dossier/1']),
    record: z.object({
      organisationId: z.string(),
      links: z.array(FileLink),
      checkpoints: z.array(FileCheckpoint),
    }),
  }),
  seal: z.object({ keyId: z.string(), publicKey: z.string(), sha256: z.string(), signature: z.string() }),
})
export type RecordFile = z.infer<typeof RecordFile>

export interface Cryptography {
  /** Hexadecimal SHA-256 of UTF-8 text. */
  sha256(text: string): string
  /** Whether an Ed25519 signature (base64) is of this text by this public key (PEM, SPKI). */
  isSignedBy(publicKey: string, text: string, signature: string): boolean
  /** The name of a public key: the first 16 hexadecimal digits of the SHA-256 of its DER. */
  keyIdOf(publicKey: string): string
}

/**
 * The first thing in an exported file that does not hold, in words; null when all of it does.
 * @param keyId the key that the reader trusts; null: whichever the file names
 */
export function fileFault(file: RecordFile, keyId: string | null, by: Cryptography): string | null {
  const { content, seal } = file
  if (by.keyIdOf(seal.publicKey) !== seal.keyId) return 'the seal: its key is not the one that it names'
  if (keyId !== null && seal.keyId !== keyId) return `the seal: it is of key ${seal.keyId}, not of ${keyId}`
  const text = canonicalJson(asJson(content))
  if (by.sha256(text) !== seal.sha256) return 'the seal: the content was changed after it was sealed'
  if (!by.isSignedBy(seal.publicKey, seal.sha256, seal.signature)) return 'the seal: its signature is false'
  return recordFault(content.record, seal, by)
}

function recordFault(record: RecordFile['content']['record'], seal: RecordFile['seal'], by: Cryptography) {
  let before = { seq: 0, hash: CHAIN_START }
  const hashes = new Map<number, string>()
  for (const link of record.links) {
    const fault = fileLinkFault(link, before, record.organisationId, by)
    if (fault !== null) return `record no. ${String(link.seq)}: ${fault}`
    before = link
    hashes.set(link.seq, link.hash)
  }
  for (const checkpoint of record.checkpoints) {
    const name = /^records (\d+)$/m.exec(checkpoint.note)?.[1] ?? '?'
    if (checkpoint.keyId !== seal.keyId || checkpoint.publicKey !== seal.publicKey)
      return `checkpoint ${name}: it is of another key than the file`
    if (!by.isSignedBy(checkpoint.publicKey, checkpoint.note, checkpoint.signature))
      return `checkpoint ${name}: its signature is false`
    const fault = noteFault(checkpoint.note, record.organisationId, hashes)
    if (fault !== null) return `checkpoint ${name}: ${fault}`
  }
  return null
}

/** Whether a signed note agrees with the hashes of a chain. */
export function noteFault(note: string, organisationId: string, hashes: ReadonlyMap<number, string>): string | null {
  const said = /^throughline\.checkpoint\/1\norganisation (\S+)\nrecords (\d+)\nhash ([0-9a-f]{64})\nat \S+\n$/.exec(
    note,
  )
  if (!said) return 'it cannot be read'
  if (said[1] !== organisationId) return 'it is of another organisation'
  const held = hashes.get(Number(said[2]))
  if (held === undefined) return 'the record ends before it: something was taken away'
  return held === said[3] ? null : 'the record says another hash there: something was changed'
}

function fileLinkFault(
  link: FileLink,
  before: { seq: number; hash: string },
  organisationId: string,
  by: Cryptography,
): string | null {
  if (link.seq !== before.seq + 1) return `expected number ${String(before.seq + 1)}, found ${String(link.seq)}`
  if (link.prevHash !== before.hash) return 'it does not name the hash of the decision before it'
  if (link.body === undefined || link.document === undefined)
    return link.body === link.document ? null : 'it is neither whole nor sealed'
  if (by.sha256(link.body) !== link.hash) return 'its text does not have its hash'
  const said = z
    .object({
      seq: z.number(),
      prevHash: z.string(),
      organisationId: z.string(),
      subject: z.object({ sha256: z.string() }),
    })
    .safeParse(parsed(link.body))
  if (!said.success || said.data.seq !== link.seq || said.data.prevHash !== link.prevHash)
    return 'its text does not say its place in the chain'
  if (said.data.organisationId !== organisationId) return 'it is of another organisation'
  return by.sha256(link.document) === said.data.subject.sha256
    ? null
    : 'what was shown does not have the hash that was signed'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A parsed file is JSON by its origin; what is not cannot have been sealed. */
function asJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]))
  return null
}

/** The value as it is written to a file: times as text, nothing that JSON cannot hold. */
export function toJson(value: unknown): Json {
  return asJson(JSON.parse(JSON.stringify(value)))
}
