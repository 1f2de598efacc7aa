import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { prose, startedFromHash } from './text.ts'
import type { VerdictKind } from './verdict.ts'
import { VERDICT_WORDS } from './verdict.ts'

/** What only people can say of a model. It stands in the version's description, which MLflow reads and writes too. */
export const CARD_PARTS = ['summary', 'intendedUse', 'limits', 'owner'] as const
export type CardPart = (typeof CARD_PARTS)[number]
/** Empty: nobody said. */
export type CardProse = Readonly<Record<CardPart, string>>

export const CARD_PART_WORDS: Readonly<Record<CardPart, string>> = {
  summary: 'Summary',
  intendedUse: 'Intended use',
  limits: 'Limits',
  owner: 'Owner',
}

const HEADED = ['intendedUse', 'limits', 'owner'] as const

/**
 * Read a description: what stands below a heading `## Intended use`, `## Limits` or `## Owner` of any level is that part,
 * what stands before the first of them is the summary. A heading that comes twice continues its part.
 */
export function readCardProse(description: string): CardProse {
  const lines: Record<CardPart, string[]> = { summary: [], intendedUse: [], limits: [], owner: [] }
  let part: CardPart = 'summary'
  for (const line of description.replaceAll('\r\n', '\n').split('\n')) {
    const title = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1]?.toLowerCase()
    const begun = HEADED.find((known) => CARD_PART_WORDS[known].toLowerCase() === title)
    if (begun === undefined) lines[part].push(line)
    else part = begun
  }
  const text = (of: CardPart) => lines[of].join('\n').trim()
  return { summary: text('summary'), intendedUse: text('intendedUse'), limits: text('limits'), owner: text('owner') }
}

/** The description that readCardProse reads so. */
export function writeCardProse(parts: CardProse): string {
  const headed = HEADED.filter((part) => parts[part] !== '').map(
    (part) => `## ${CARD_PART_WORDS[part]}\n\n${parts[part]}`,
  )
  return [parts.summary, ...headed].filter((text) => text !== '').join('\n\n')
}

/** What the version does not say, its registered model may. */
export function inheritedProse(version: CardProse, model: CardProse): CardProse {
  const of = (part: CardPart) => (version[part] === '' ? model[part] : version[part])
  return { summary: of('summary'), intendedUse: of('intendedUse'), limits: of('limits'), owner: of('owner') }
}

export function cardRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) && standing.seats.length > 0
    ? null
    : { reason: 'Only people with a seat on the team write a model’s card.' }
}

const part = (max: number, what: string) => prose(max, what).transform((text) => text.replaceAll('\r\n', '\n'))

/** Together below what MLflow's clients may send as a description. */
export const CardForm = z.object({
  summary: part(1500, 'The summary'),
  intendedUse: part(1500, 'The intended use'),
  limits: part(1500, 'The limits'),
  owner: part(300, 'The owner'),
  startedFrom: startedFromHash,
})

/** Everything that is known of a model version, from the records, with what is missing. All times are ISO 8601, UTC. */
export interface ModelCard {
  readonly format: 'throughline.model-card/1'
  readonly model: string
  readonly version: number
  readonly engagement: { readonly code: string; readonly name: string; readonly client: string }
  readonly registered: { readonly by: string; readonly at: string }
  readonly madeAt: string
  readonly prose: CardProse
  /** Null: no run made its files. */
  readonly run: {
    readonly id: string
    readonly name: string
    readonly isVerified: boolean
    /** What it ran in: in words, and by the SHA-256 of its lock. Null: the run did not say. */
    readonly environment: { readonly name: string; readonly sha256: string } | null
    readonly parameters: readonly { readonly key: string; readonly value: string }[]
    /** `standardError` null: none was logged. A value that is no number stands as text. */
    readonly metrics: readonly {
      readonly key: string
      readonly value: number | string
      readonly standardError: number | null
      readonly dataset: string
    }[]
  } | null
  readonly data: readonly {
    readonly role: string
    readonly name: string
    readonly digest: string
    readonly rows: number | null
    readonly licence: string
    /** Null: nobody said. */
    readonly legalBasis: string | null
  }[]
  readonly verdicts: readonly { readonly criterion: string; readonly verdict: VerdictKind; readonly reason: string }[]
  readonly deployments: readonly { readonly endpoint: string; readonly revision: number; readonly state: string }[]
  /** Path below the model's folder and SHA-256. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
  /** One sentence for each part that a reader would look for and that no record has. */
  readonly missing: readonly { readonly part: string; readonly sentence: string }[]
}

/** Name what a card lacks. */
export function missingParts(card: Omit<ModelCard, 'missing'>): ModelCard['missing'] {
  const lacks: { part: string; sentence: string }[] = []
  const say = (isMissing: boolean, part: string, sentence: string) => {
    if (isMissing) lacks.push({ part, sentence })
  }
  say(card.prose.intendedUse === '', 'Intended use', 'Nobody wrote what the model may be used for, and by whom.')
  say(card.prose.limits === '', 'Limits', 'Nobody wrote where the model is known to fail, or must not be used.')
  say(card.prose.owner === '', 'Owner', 'Nobody is named who answers for the model.')
  say(card.run === null, 'Run', 'No run is known that made its files.')
  const hasRole = (role: string) => card.data.some((data) => data.role === role)
  say(!hasRole('training'), 'Training data', 'The run did not say which data it was trained on.')
  say(!hasRole('testing'), 'Evaluation data', 'The run did not say on which data it was tested.')
  say(card.run !== null && card.run.metrics.length === 0, 'Metrics', 'The run logged no metric.')
  const isNowhere = card.run !== null && card.run.environment === null
  say(isNowhere, 'Environment', 'The run did not say with which packages it ran.')
  say(card.verdicts.length === 0, 'Verdict', 'It was never judged against a signed criterion.')
  for (const data of card.data) {
    if (data.role !== 'training' && data.role !== 'testing') continue
    say(data.licence === '', `Licence of ${data.name}`, 'No licence is recorded for this data.')
    say(data.legalBasis === null, `Legal basis of ${data.name}`, 'No legal basis is recorded for this data.')
  }
  return lacks
}

/** A card as Markdown: for a repository or a hub. What is missing is said, never left out. */
export function cardMarkdown(card: ModelCard): string {
  const prose = (part: CardPart) =>
    `## ${CARD_PART_WORDS[part]}\n\n${card.prose[part] === '' ? '_Not recorded._' : card.prose[part]}`
  const sections = [
    `# ${card.model} v${String(card.version)}`,
    `${escaped(card.engagement.name)} (${card.engagement.code}) for ${escaped(card.engagement.client)}. Registered by ${escaped(card.registered.by)} on ${card.registered.at.slice(0, 10)}. This card was made from the records on ${card.madeAt}.`,
    ...(card.prose.summary === '' ? [] : [card.prose.summary]),
    ...HEADED.map(prose),
    `## Verdicts against signed criteria\n\n${table(
      ['Criterion', 'Verdict', 'Reason'],
      card.verdicts.map(({ criterion, verdict, reason }) => [criterion, VERDICT_WORDS[verdict], reason]),
    )}`,
    `## Metrics\n\n${table(
      ['Metric', 'Value', 'Standard error', 'Data'],
      (card.run?.metrics ?? []).map(({ key, value, standardError, dataset }) => [
        key,
        String(value),
        standardError === null ? '–' : String(standardError),
        dataset === '' ? '–' : dataset,
      ]),
    )}`,
    `## Data\n\n${table(
      ['Role', 'Data', 'Digest', 'Rows', 'Licence', 'Legal basis'],
      card.data.map((data) => [
        data.role,
        data.name,
        data.digest,
        data.rows === null ? '–' : String(data.rows),
        data.licence || '–',
        data.legalBasis ?? '–',
      ]),
    )}`,
    `## Parameters\n\n${table(
      ['Parameter', 'Value'],
      (card.run?.parameters ?? []).map(({ key, value }) => [key, value]),
    )}`,
    `## Where it came from\n\n${
      card.run === null
        ? 'No run is known that made its files.'
        : `Run ${escaped(card.run.name)} (\`${card.run.id}\`), ${card.run.isVerified ? 'executed by a worker of the portal' : 'logged from outside, so that it satisfies no signed criterion'}. ${card.run.environment === null ? 'Its environment is not recorded' : `It ran in ${escaped(card.run.environment.name)} (lock \`${card.run.environment.sha256}\`)`}.`
    }\n\n${table(
      ['File', 'SHA-256'],
      card.files.map(({ path, sha256 }) => [path, sha256]),
    )}`,
    `## Deployments\n\n${table(
      ['Endpoint', 'Revision', 'State'],
      card.deployments.map(({ endpoint, revision, state }) => [endpoint, String(revision), state]),
    )}`,
    `## Missing\n\n${card.missing.length === 0 ? 'Nothing.' : card.missing.map(({ part, sentence }) => `- **${escaped(part)}**: ${sentence}`).join('\n')}`,
  ]
  return `${sections.join('\n\n')}\n`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '_None recorded._'
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(escaped)))].join('\n')
}

/** Text of people and clients as text: no markup, no new cell, no new line. */
function escaped(text: string): string {
  return text.replace(/[\\`*[\]<>|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&').replace(/\s*[\r\n]+\s*/g, ' ')
}
