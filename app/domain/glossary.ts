import type { MetricDefinition } from './metric.ts'
import { findMetric, METRICS } from './metric.ts'
import type { VerdictKind } from './verdict.ts'

export const GLOSSARY_GROUPS = ['agreement', 'measurement', 'operation', 'record', 'metric'] as const
export type GlossaryGroup = (typeof GLOSSARY_GROUPS)[number]

export const GLOSSARY_GROUP_WORDS: Readonly<Record<GlossaryGroup, string>> = {
  agreement: 'What is agreed',
  measurement: 'How it is measured',
  operation: 'Models and their operation',
  record: 'Signatures and the record',
  metric: 'Metrics',
}

/** A word of the field, and what it means for readers who do not work in it. */
export interface GlossaryEntry {
  /** Names it in addresses: letters, digits and hyphens. */
  readonly key: string
  readonly term: string
  readonly group: GlossaryGroup
  readonly means: string
  /** What readers take it for, and it is not; null when nothing is likely. */
  readonly doesNotMean: string | null
}

interface Written {
  readonly term: string
  readonly group: GlossaryGroup
  readonly means: string
  readonly not?: string
}

const WRITTEN = {
  'criterion': { term: 'Criterion', group: 'agreement', means: 'One condition of success that can be judged by a number: what is measured, on which data, and what it has to reach.' },
  'problem-statement': { term: 'Problem statement', group: 'agreement', means: 'What the work is for, which decision it supports, and where it ends.' },
  'baseline': { term: 'Baseline', group: 'agreement', means: 'How good it is today, before the work begins; measured, with a date and a source.' },
  'target': { term: 'Target', group: 'agreement', means: 'What a measured value has to reach for the criterion to be met.' },
  'floor': { term: 'Floor', group: 'agreement', means: 'What a live model must never be worse than. Below it the agreement stops counting until the client decides.', not: 'It is not the target: between the two a model misses its goal, and the agreement still counts.' },
  'decision-rule': { term: 'Decision rule', group: 'agreement', means: 'How chance is counted: whether the measured value itself has to reach the target, or the whole range in which the true value probably lies.', not: 'A stricter rule does not make the model better; it asks for more certainty, and so for more cases.' },
  'slice': { term: 'Slice', group: 'agreement', means: 'A part of the cases that is looked at by itself, such as one region.' },
  'protocol': { term: 'Protocol', group: 'agreement', means: 'How exactly it is measured, so that somebody else would get the same number.' },
  'minimum-rows': { term: 'Least number of rows', group: 'agreement', means: 'How many cases there must be before a number counts. With fewer, chance decides too much.' },
  'weight': { term: 'Weight', group: 'agreement', means: 'How much one criterion counts beside the others when a single figure of progress is shown.' },
  'live-target': { term: 'Target on live cases', group: 'agreement', means: 'What a model that is in use has to reach on real cases, over a number of days, once their true answers are known.' },
  'evaluation-dataset': { term: 'Evaluation dataset', group: 'measurement', means: 'The very data that a criterion is measured on, named by its digest. A number from other data says nothing about it.' },
  'hold-out': { term: 'Hold-out', group: 'measurement', means: 'Cases kept aside: the model is measured on them and never learns from them.' },
  'training-data': { term: 'Training data', group: 'measurement', means: 'The cases that a model learned from. Being right on them proves nothing: it has seen the answers.' },
  'digest': { term: 'Digest', group: 'measurement', means: 'A fingerprint of a dataset. Two datasets with the same digest are the same to the last byte.' },
  'run': { term: 'Run', group: 'measurement', means: 'One attempt at training or measuring a model, with everything that went into it kept.' },
  'verified-run': { term: 'Verified run', group: 'measurement', means: 'A run that a worker of this portal executed itself, from the code and the data that it names. Only such a run can satisfy a signed criterion.', not: 'It does not mean that the result is good; it means that nobody could type it in.' },
  'confidence-interval': { term: 'Confidence interval', group: 'measurement', means: 'The range in which the true value probably lies; wider when there are fewer cases. At 95 %, about 19 of 20 such ranges hold the true value.', not: 'It covers the chance in the cases that were drawn. It does not cover data that is unlike the real world.' },
  'confidence-bound': { term: 'Confidence bound', group: 'measurement', means: 'One end of the confidence interval: the worst value, or the best, that chance alone would still explain.' },
  'sample-size': { term: 'n', group: 'measurement', means: 'How many cases a number was measured on.' },
  'verdict': { term: 'Verdict', group: 'measurement', means: 'What a run says about one signed version of a criterion: met, met within noise, not met, or not comparable, with one sentence why.' },
  'met-within-noise': { term: 'Met within noise', group: 'measurement', means: 'The measured value reaches the target, and chance alone could explain it. The decision rule that was signed says whether that counts.' },
  'not-comparable': { term: 'Not comparable', group: 'measurement', means: 'The run cannot be judged: other data, data it was trained on, logged from outside, or nothing signed.', not: 'It does not mean that the criterion was missed.' },
  'drift': { term: 'Drift', group: 'measurement', means: 'When live data becomes unlike the data that the model learned from.' },
  'model-version': { term: 'Model version', group: 'operation', means: 'The files of one trained model, frozen by their fingerprints when it was registered. Training again makes another version.' },
  'gate': { term: 'Gate', group: 'operation', means: 'Every condition for going live, asked in the moment in which a model is deployed and again when it takes the traffic.' },
  'endpoint': { term: 'Endpoint', group: 'operation', means: 'The address that programs ask for predictions. Which model version answers there can change; each change is a revision.' },
  'revision': { term: 'Revision', group: 'operation', means: 'One deployment of a model version behind an endpoint, with the time in which it was live.' },
  'hand-over': { term: 'Hand-over', group: 'operation', means: 'The signed list of what the client takes over: what runs, what is open, who operates it, and which access of the consultancy remains until when.' },
  'sign-off': { term: 'Sign-off', group: 'record', means: 'A text that was frozen and sent for a decision, with who has to decide, how many, and what came of it.' },
  'accountable': { term: 'Accountable', group: 'record', means: 'The person who decides for the organisation and signs. The consulted are heard before, the informed only hear of it.' },
  'quorum': { term: 'Quorum', group: 'record', means: 'How many different persons have to approve before it counts.' },
  'condition': { term: 'Condition', group: 'record', means: 'What an approval is tied to, with a day. When it is not done by then, the approval lapses.' },
  'waiver': { term: 'Waiver', group: 'record', means: 'Two people, one of them the client’s, let one named finding pass for a few days, and say which risk they take.' },
  'sha-256': { term: 'SHA-256', group: 'record', means: 'A fingerprint of a text or file: change one letter and it is another.' },
  'record': { term: 'Record', group: 'record', means: 'Every decision in a chain, each naming the fingerprint of the one before it, so that none can be changed or taken out unseen.' },
  'dossier': { term: 'Dossier', group: 'record', means: 'What was agreed, measured and decided until a time, in one sealed file that anybody can check without us.' },
} as const satisfies Readonly<Record<string, Written>> // prettier-ignore

export type GlossaryKey = keyof typeof WRITTEN

/** What one of our own words means. */
export function glossaryEntry(key: GlossaryKey): GlossaryEntry {
  return toEntry(key, WRITTEN[key])
}

function toEntry(key: string, { term, group, means, not }: Written): GlossaryEntry {
  return { key, term, group, means, doesNotMean: not ?? null }
}

/** What a metric means; null for a key that we cannot explain. */
export function metricEntry(metricKey: string): GlossaryEntry | null {
  const metric = findMetric(metricKey)
  return metric === null ? null : ofMetric(metric)
}

function ofMetric({ key, name, means, doesNotMean }: MetricDefinition): GlossaryEntry {
  return { key: `metric-${key.replaceAll('_', '-')}`, term: name, group: 'metric', means, doesNotMean }
}

const OF_VERDICTS: Readonly<Record<VerdictKind, GlossaryKey>> = {
  met: 'verdict',
  met_within_noise: 'met-within-noise',
  not_met: 'verdict',
  not_comparable: 'not-comparable',
}

/** What a verdict of this kind means. */
export function verdictEntry(kind: VerdictKind): GlossaryEntry {
  return glossaryEntry(OF_VERDICTS[kind])
}

/** Every entry, by group and then by term. */
export function listGlossary(): GlossaryEntry[] {
  const all = [...Object.entries(WRITTEN).map(([key, written]) => toEntry(key, written)), ...METRICS.map(ofMetric)]
  return GLOSSARY_GROUPS.flatMap((group) =>
    all.filter((entry) => entry.group === group).sort((a, b) => a.term.localeCompare(b.term, 'en')),
  )
}

/** Words of the rows of frozen documents that have an entry. */
const OF_ROWS: Readonly<Record<string, GlossaryKey>> = {
  'Model': 'model-version',
  'Run': 'run',
  'How the run came about': 'verified-run',
  'Trained on': 'training-data',
  'Tested on': 'evaluation-dataset',
  'What is not met': 'gate',
  'Waivers in force': 'waiver',
  'Deployments': 'revision',
  'Files, by SHA-256': 'sha-256',
  'SHA-256 of the file': 'sha-256',
  'Live endpoints': 'endpoint',
  'Registered model versions': 'model-version',
  'Open conditions of approvals': 'condition',
} // prettier-ignore

/** The entry that explains a row of a frozen document; null when none does. */
export function rowEntry(term: string): GlossaryEntry | null {
  const key = OF_ROWS[term]
  return key === undefined ? null : glossaryEntry(key)
}
