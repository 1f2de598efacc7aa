import { criterionLine } from '#app/domain/criterion.ts'
import { VERDICT_WORDS } from '#app/domain/verdict.ts'
import type { DecisionRow } from '#db/queries/sign-offs.ts'
import type { DossierContent } from './dossier.server.ts'
import type { Block } from './pdf.server.ts'
import { printPdf } from './pdf.server.ts'

/** A dossier for people. It names the hash of the JSON beside it, which is what machines check. */
export function printDossier(dossier: DossierContent, seal: { sha256: string; keyId: string }): Promise<Buffer> {
  const { engagement, definition } = dossier
  const when = wordsOf(dossier.asOf)
  const blocks: Block[] = [
    { kind: 'title', text: `${engagement.name}: what was agreed, measured and decided` },
    { kind: 'text', text: `${engagement.client} · ${engagement.code} · as of ${when}` },
    {
      kind: 'small',
      text: `Made on ${wordsOf(dossier.madeAt)} for ${dossier.madeFor}. The JSON of the same dossier has the SHA-256 ${seal.sha256}, sealed by the key ${seal.keyId}; verify-dossier.mjs checks it on any computer.`,
    },
    { kind: 'heading', text: 'Which signed criterion did the deployed model meet, on which data, by whose approval?' },
    ...(dossier.evidence.length === 0
      ? [text('No model was live under a signed criterion at that time.')]
      : dossier.evidence.map((answer): Block => ({ kind: 'rows', rows: answerRows(answer) }))),
    { kind: 'heading', text: 'The problem that was agreed' },
    ...(definition.problem === null
      ? [text('No problem statement was in force at that time.')]
      : [
          rows([
            ['The problem', definition.problem.content.problem],
            ['The decision it supports', definition.problem.content.decisionSupported],
            ['In scope', definition.problem.content.inScope.join('; ')],
            ['Out of scope', definition.problem.content.outOfScope.join('; ') || '–'],
          ]),
        ]),
    { kind: 'heading', text: 'The criteria that were agreed' },
    ...(definition.criteria.length === 0
      ? [text('No criterion was in force at that time.')]
      : [
          rows(
            definition.criteria.map(({ key, version, content, agreedAt, sha256 }) => [
              `${key} ${content.name}, version ${String(version)}`,
              `${criterionLine(content)}. In force since ${agreedAt === null ? '–' : wordsOf(agreedAt)}. SHA-256 ${sha256 ?? '–'}`,
            ]),
          ),
        ]),
    { kind: 'heading', text: 'Who is at the table' },
    rows(
      dossier.people.map((seat) => [
        `${seat.seat} (${seat.does})`,
        `${seat.person}, ${seat.organisation}, since ${wordsOf(seat.since)}${seat.hasAccepted ? '' : ', not accepted'}`,
      ]),
    ),
    ...(dossier.waivers.length === 0
      ? []
      : [
          { kind: 'heading', text: 'What was waived' } as const,
          rows(
            dossier.waivers.map((waiver) => [
              `${waiver.approvedBy}, ${wordsOf(waiver.from)} until ${wordsOf(waiver.until)}`,
              `${waiver.reason} Risk: ${waiver.risk}${waiver.closed === null ? '' : ` Closed: ${waiver.closed}`}`,
            ]),
          ),
        ]),
    ...(dossier.switchedOff.length === 0
      ? []
      : [
          { kind: 'heading', text: 'What was switched off' } as const,
          rows(
            dossier.switchedOff.map(({ what, reason, by, at }) => [
              what,
              `${by ?? '–'}${at === null ? '' : `, ${wordsOf(at)}`}: ${reason}`,
            ]),
          ),
        ]),
    { kind: 'heading', text: 'Every decision until then' },
    rows(
      dossier.decisions.map((decision) => [
        `No. ${String(decision.seq)} · ${wordsOf(decision.at)}`,
        `${decision.decidedBy} (${decision.authority}, ${decision.side === 'client' ? 'client' : 'consultancy'}): ${decision.outcome.replaceAll('_', ' ')} “${decision.title}”. ${decision.rationale} Hash ${decision.hash}`,
      ]),
    ),
  ]
  return printPdf(
    { title: `${engagement.code} dossier`, at: dossier.asOf, footer: `${engagement.code} · as of ${when}` },
    blocks,
  )
}

/** One decision with exactly what was shown. Rendered from what is stored: the same bytes whenever it is asked for. */
export function printDecision(decision: DecisionRow): Promise<Buffer> {
  return printPdf(
    {
      title: `Record no. ${String(decision.seq)}`,
      at: decision.at,
      footer: `Record no. ${String(decision.seq)} · ${decision.hash}`,
    },
    [
      { kind: 'title', text: `Record no. ${String(decision.seq)}: ${decision.title}` },
      rows([
        ['Name', `${decision.decidedByName}, ${decision.authority}`],
        ['For', decision.side === 'client' ? 'the client' : 'the consultancy'],
        ['Date and time', wordsOf(decision.at)],
        ['Meaning', decision.outcome.replaceAll('_', ' ')],
        ['Reason', decision.rationale === '' ? '–' : decision.rationale],
      ]),
      { kind: 'heading', text: 'Exactly what was shown' },
      { kind: 'rows', rows: documentRows(decision.document) },
      { kind: 'heading', text: 'For machines' },
      rows([
        ['SHA-256 of what was shown', decision.subjectHash],
        ['Hash of the record before', decision.prevHash],
        ['Hash of this record', decision.hash],
      ]),
      { kind: 'code', text: decision.document },
    ],
  )
}

/** Every value of a shown document under its path, for reading. */
function documentRows(document: string): (readonly [string, string])[] {
  const walk = (value: unknown, path: string): (readonly [string, string])[] => {
    if (Array.isArray(value)) return value.flatMap((item: unknown, index) => walk(item, `${path} ${String(index + 1)}`))
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([name, member]) => walk(member, path === '' ? name : `${path} · ${name}`))
    return [[path, value === null || value === '' ? '–' : String(value)]]
  }
  return walk(JSON.parse(document), '')
}

function answerRows(answer: DossierContent['evidence'][number]): (readonly [string, string])[] {
  return [
    [
      `${answer.criterionKey} ${answer.criterionName}, version ${String(answer.criterionVersion)}`,
      `${answer.modelName} v${String(answer.modelVersion)} behind ${answer.slug}, revision ${String(answer.revision)}: ${answer.verdict === null ? 'never measured' : VERDICT_WORDS[answer.verdict]}`,
    ],
    ['Because', answer.reason ?? '–'],
    [
      'On which data',
      `measured on ${answer.evaluatedOn ?? '–'}; trained on ${answer.trainedOn.map((dataset) => `${dataset.name} ${dataset.digest}`).join(', ') || '–'}`,
    ],
    [
      'By whose approval',
      answer.signedBy === null || answer.signedAt === null
        ? '–'
        : `${answer.signedBy} (${answer.signedByAuthority ?? ''}), ${wordsOf(answer.signedAt)}`,
    ],
    [
      'Who signed the model version',
      answer.modelSignedBy === null || answer.modelSignedAt === null
        ? 'nobody'
        : `${answer.modelSignedBy}, ${wordsOf(answer.modelSignedAt)}`,
    ],
  ]
}

function text(words: string): Block {
  return { kind: 'text', text: words }
}

function rows(pairs: readonly (readonly [string, string])[]): Block {
  return { kind: 'rows', rows: pairs }
}

/** Printed pages leave the reader's zone behind: UTC, and it says so. */
function wordsOf(at: Date): string {
  return `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(at)} UTC`
}
