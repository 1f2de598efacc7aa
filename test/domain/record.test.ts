import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ChainLink } from '#app/domain/decision.ts'
import { CHAIN_START, decisionText, linkFault } from '#app/domain/decision.ts'
import { checkpointNote, noteFault } from '#app/domain/record.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A chain of links as the commands write it, out of arbitrary words. */
function chainOf(words: readonly string[]): ChainLink[] {
  const links: ChainLink[] = []
  for (const rationale of words) {
    const seq = links.length + 1
    const prevHash = links.at(-1)?.hash ?? CHAIN_START
    const document = `{"n":${String(seq)}}`
    const at = new Date(Date.UTC(2026, 2, 1, 0, seq))
    const said = {
      seq,
      organisationId: 'org',
      engagementId: 'eng',
      signOffId: null,
      title: 'T',
      outcome: 'approved',
      side: 'client',
      rationale,
      authority: 'Sponsor',
      prevHash,
    } as const
    const body = decisionText({
      ...said,
      decisionId: `d${String(seq)}`,
      subject: { type: 'criterion_version', id: 's', sha256: sha256(document) },
      conditions: [],
      decidedBy: { id: 'p', name: 'Ann', email: 'ann@example.test' },
      onBehalfOf: null,
      method: 'password session',
      at: at.toISOString(),
    })
    links.push({
      ...said,
      id: `d${String(seq)}`,
      subjectType: 'criterion_version',
      subjectId: 's',
      subjectHash: sha256(document),
      decidedBy: 'p',
      onBehalfOf: null,
      at,
      body,
      hash: sha256(body),
      document,
    })
  }
  return links
}

function firstFault(links: readonly ChainLink[]): { seq: number; fault: string } | null {
  for (const [index, link] of links.entries()) {
    const fault = linkFault(link, links[index - 1] ?? null, sha256)
    if (fault !== null) return { seq: link.seq, fault }
  }
  return null
}

const words = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 2, maxLength: 8 })
const TEXT_COLUMNS = [
  'id',
  'organisationId',
  'engagementId',
  'subjectType',
  'subjectId',
  'subjectHash',
  'title',
  'outcome',
  'side',
  'rationale',
  'decidedBy',
  'authority',
  'body',
  'prevHash',
  'hash',
  'document',
] as const

describe('a chain of decisions', () => {
  test('holds as it is written', () => {
    fc.assert(fc.property(words, (list) => firstFault(chainOf(list)) === null))
  })

  test('does not hold when any column of any link is changed, and the fault is found at that link', () => {
    fc.assert(
      fc.property(words, fc.nat(), fc.constantFrom(...TEXT_COLUMNS), fc.nat(), (list, which, column, flip) => {
        const links = chainOf(list)
        const index = which % links.length
        const link = links[index]
        if (!link) return
        const value = link[column]
        const at = flip % (value.length + 1)
        const changed = `${value.slice(0, at)}${value[at] === 'x' ? 'y' : 'x'}${value.slice(at + 1)}`
        const fault = firstFault(links.map((row, n) => (n === index ? { ...row, [column]: changed } : row)))
        expect(fault?.seq).toBe(link.seq)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a changed document', { document: '{"n":3}' }, 'what was shown does not have the hash that was signed'],
    ['another predecessor', { prevHash: CHAIN_START }, 'it does not name the hash of the decision before it'],
    ['a missing link', { seq: 3 }, 'expected number 2, found 3'],
    [
      'a column that says something else',
      { authority: 'Owner' },
      'its column “authority” does not say what its text says',
    ],
  ])('names %s', (_name, change, fault) => {
    const [first, second] = chainOf(['a', 'b'])
    expect(first && second && linkFault({ ...second, ...change }, first, sha256)).toBe(fault)
  })

  test('does not hold when a link is taken out, doubled or swapped', () => {
    fc.assert(
      fc.property(words, fc.nat(), (list, which) => {
        const links = chainOf(list)
        const index = which % (links.length - 1)
        const without = links.filter((_, n) => n !== index)
        const doubled = links.flatMap((link, n) => (n === index ? [link, link] : [link]))
        const swapped = links.map((link, n) => links[n === index ? n + 1 : n === index + 1 ? n - 1 : n] ?? link)
        for (const forged of [without, doubled, swapped]) expect(firstFault(forged)).not.toBeNull()
      }),
    )
  })
})

describe('a checkpoint', () => {
  const at = new Date('2026-03-02T09:00:00Z')
  const hash = 'a'.repeat(64)
  const note = checkpointNote({ organisationId: 'org', seq: 2, hash, at })

  test('agrees with the chain it was made of, and with no other', () => {
    expect(noteFault(note, 'org', new Map([[2, hash]]))).toBeNull()
    expect(noteFault(note, 'org', new Map([[2, 'b'.repeat(64)]]))).toMatch(/another hash/)
    expect(noteFault(note, 'org', new Map([[1, hash]]))).toMatch(/taken away/)
    expect(noteFault(note, 'other', new Map([[2, hash]]))).toMatch(/another organisation/)
    expect(noteFault(`${note}x`, 'org', new Map([[2, hash]]))).toMatch(/cannot be read/)
  })
})
