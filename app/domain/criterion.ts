import { z } from 'zod'
import type { Refusal } from './errors.ts'
import { AppError } from './errors.ts'
import type { Json } from './canonical-json.ts'
import { isStaff } from './actor.ts'
import type { Standing } from './engagement.ts'
import { isLead, isTeam } from './engagement.ts'
import type { Direction } from './metric.ts'
import { DIRECTIONS, findMetric, metricName } from './metric.ts'
import { day, decimal, line, prose, startedFromHash } from './text.ts'

/**
 * What is measured where. `offline`: on the evaluation dataset, by runs. `online`: the same criterion's second leg, on live
 * cases. `business`: a figure of the client's, over a window. `constraint`: must hold for every model, such as a latency.
 * `attestation`: a person says that something is so.
 */
export const CRITERION_KINDS = ['offline', 'online', 'business', 'constraint', 'attestation'] as const
export type CriterionKind = (typeof CRITERION_KINDS)[number]

export const CRITERION_KIND_WORDS: Readonly<Record<CriterionKind, string>> = {
  offline: 'Offline: runs are measured on the evaluation dataset',
  online: 'Offline and online: measured on the dataset, then on live cases',
  business: 'Business figure: reported by people over a window',
  constraint: 'Constraint: must hold for every model that goes live',
  attestation: 'Attestation: a person says that it is so',
}

export const DECISION_RULES = ['point', 'confidence_bound', 'non_worse'] as const
export type DecisionRule = (typeof DECISION_RULES)[number]

export const DECISION_RULE_WORDS: Readonly<Record<DecisionRule, string>> = {
  point: 'The measured value itself must reach the target',
  confidence_bound: 'The whole confidence interval must reach the target',
  non_worse: 'Not worse than the baseline: the whole interval stays within the margin',
}

export const VERSION_STATES = [
  'draft',
  'in_review',
  'changes_requested',
  'agreed',
  'superseded',
  'suspended',
  'expired',
  'withdrawn',
] as const
export type VersionState = (typeof VERSION_STATES)[number]

export const VERSION_STATE_WORDS: Readonly<Record<VersionState, string>> = {
  draft: 'Draft',
  in_review: 'Awaiting signature',
  changes_requested: 'Changes requested',
  agreed: 'Signed',
  superseded: 'Superseded',
  suspended: 'Suspended',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
}

/** What one version of a criterion agrees. Values are in `unit`; days are YYYY-MM-DD. */
export const CriterionContent = z.object({
  name: z.string(),
  why: z.string(),
  metricKey: z.string(),
  direction: z.enum(DIRECTIONS),
  unit: z.string(),
  baseline: z.number(),
  baselineAt: z.string(),
  baselineSource: z.string(),
  /** For `range` the lower bound. */
  target: z.number(),
  /** Only for `range`: the upper bound. */
  targetHigh: z.number().nullable(),
  datasetVersionId: z.string(),
  datasetName: z.string(),
  datasetDigest: z.string(),
  protocol: z.string(),
  minimumRows: z.number().int().min(1),
  decisionRule: z.enum(DECISION_RULES),
  /** Two-sided confidence of the interval, 0.5 to 0.999. */
  confidence: z.number(),
  weight: z.number(),
  reviewBy: z.string().nullable(),
  kind: z.enum(CRITERION_KINDS).default('offline'),
  /** Part of the dataset that it is measured on, as the run logs it after the metric's key and a slash; empty: all of it. */
  slice: z.string().default(''),
  /** A live model that is worse than this breaches the agreement; null: there is none. */
  floor: z.number().nullable().default(null),
  /** Only for `non_worse`: how far below (or above) the baseline still counts as not worse. */
  margin: z.number().nullable().default(null),
  /** Only for `online`: what live cases have to reach, over how many days. */
  onlineTarget: z.number().nullable().default(null),
  onlineWindowDays: z.number().int().nullable().default(null),
  /** What one unit of improvement is worth, in words such as "€ 1,200 a month"; editorial. */
  valuePerUnit: z.string().default(''),
  /** Who measures it, and reports it where no run does. */
  measuredBy: z.string().default(''),
})
export type CriterionContent = z.infer<typeof CriterionContent>

/** A criterion as typed in the form; the dataset is named by id and filled in by the command. */
export const CriterionForm = z
  .object({
    name: line(120, 'A name'),
    why: prose(2000, 'Why it matters', 1),
    metricKey: line(250, 'A metric').refine(
      (key) => /^[A-Za-z0-9_.\-/ ]+$/.test(key),
      'A metric key holds letters, digits, underscores, dashes, dots, spaces and slashes.',
    ),
    direction: z.enum(DIRECTIONS, { error: 'Choose what is better.' }),
    unit: z.string().trim().max(40, 'A unit may have at most 40 characters.').default(''),
    baseline: decimal('The baseline'),
    baselineAt: day('The day of the baseline'),
    baselineSource: line(300, 'The source of the baseline'),
    target: decimal('The target'),
    targetHigh: decimal('The upper bound')
      .nullable()
      .or(z.literal('').transform(() => null))
      .default(null),
    datasetVersionId: line(36, 'A dataset'),
    protocol: prose(4000, 'The protocol', 1),
    minimumRows: decimal('The least number of rows').pipe(
      z
        .number()
        .int('This is a whole number.')
        .min(1, 'At least 1 row.')
        .max(1_000_000_000, 'At most 1,000,000,000 rows.'),
    ),
    decisionRule: z.enum(DECISION_RULES, { error: 'Choose a decision rule.' }),
    confidencePercent: decimal('The confidence').pipe(
      z.number().min(50, 'At least 50 %.').max(99.9, 'At most 99.9 %.'),
    ),
    weight: decimal('The weight').pipe(
      z.number().positive('A weight is above 0.').max(100, 'A weight is at most 100.'),
    ),
    reviewBy: day('The review date')
      .nullable()
      .or(z.literal('').transform(() => null))
      .default(null),
    kind: z.enum(CRITERION_KINDS, { error: 'Choose a kind.' }).default('offline'),
    slice: z
      .string()
      .trim()
      .max(80, 'A slice may have at most 80 characters.')
      .regex(/^[A-Za-z0-9_.\- ]*$/, 'A slice holds letters, digits, underscores, dashes, dots and spaces.')
      .default(''),
    floor: optionalDecimal('The floor'),
    margin: optionalDecimal('The margin'),
    onlineTarget: optionalDecimal('The target on live cases'),
    onlineWindowDays: optionalDecimal('The window').pipe(
      z.number().int('This is a whole number.').min(1, 'At least one day.').max(366, 'At most 366 days.').nullable(),
    ),
    valuePerUnit: z.string().trim().max(120, 'At most 120 characters.').default(''),
    measuredBy: z.string().trim().max(120, 'At most 120 characters.').default(''),
  })
  .superRefine((form, check) => {
    if (form.direction === 'range' && form.targetHigh === null)
      check.addIssue({ code: 'custom', path: ['targetHigh'], message: 'A range needs an upper bound.' })
    if (form.direction === 'range' && form.targetHigh !== null && form.targetHigh <= form.target)
      check.addIssue({ code: 'custom', path: ['targetHigh'], message: 'The upper bound is above the lower one.' })
    refineKind(form, (field, message) => check.addIssue({ code: 'custom', path: [field], message }))
    if (form.decisionRule === 'non_worse') return
    if (form.direction === 'higher' && form.target < form.baseline)
      check.addIssue({
        code: 'custom',
        path: ['target'],
        message: 'Higher is better, so the target is not below the baseline.',
      })
    if (form.direction === 'lower' && form.target > form.baseline)
      check.addIssue({
        code: 'custom',
        path: ['target'],
        message: 'Lower is better, so the target is not above the baseline.',
      })
  })
export type CriterionInput = z.infer<typeof CriterionForm>

/** The form once more, with the person's yes to what it changes; without it nothing is saved yet. */
export const ReviewedForm = z.intersection(
  CriterionForm,
  z.object({ confirmed: z.literal('yes').optional(), startedFrom: startedFromHash }),
)

function optionalDecimal(what: string) {
  return decimal(what)
    .nullable()
    .or(z.literal('').transform(() => null))
    .default(null)
}

interface KindFields {
  readonly kind: CriterionKind
  readonly direction: Direction
  readonly decisionRule: DecisionRule
  readonly target: number
  readonly floor: number | null
  readonly margin: number | null
  readonly onlineTarget: number | null
  readonly onlineWindowDays: number | null
  readonly measuredBy: string
}

/** What a kind and a rule ask for beyond the fields themselves. */
function refineKind(form: KindFields, refuse: (field: keyof KindFields, message: string) => void): void {
  if (form.kind === 'online' && form.onlineTarget === null) refuse('onlineTarget', 'Say what live cases have to reach.')
  if (form.kind === 'online' && form.onlineWindowDays === null)
    refuse('onlineWindowDays', 'Say over how many days live cases are measured.')
  if ((form.kind === 'business' || form.kind === 'attestation') && form.measuredBy === '')
    refuse('measuredBy', 'No run reports this: say who does.')
  if (form.decisionRule === 'non_worse' && (form.margin === null || form.margin < 0))
    refuse('margin', 'Say how much worse still counts as not worse: 0 or more.')
  if (form.decisionRule === 'non_worse' && form.direction === 'range')
    refuse('decisionRule', 'Not worse needs a direction: higher or lower.')
  if (form.floor === null || form.decisionRule === 'non_worse') return
  if (form.direction === 'higher' && form.floor > form.target)
    refuse('floor', 'Higher is better, so the floor is not above the target.')
  if (form.direction === 'lower' && form.floor < form.target)
    refuse('floor', 'Lower is better, so the floor is not below the target.')
}

/** The dataset that a criterion names, as it was when the version was written. */
export interface CriterionDataset {
  readonly id: string
  readonly name: string
  readonly digest: string
}

export function contentFromForm(form: CriterionInput, dataset: CriterionDataset): CriterionContent {
  const { confidencePercent, ...rest } = form
  return {
    ...rest,
    target: nonWorseTarget(form) ?? form.target,
    margin: form.decisionRule === 'non_worse' ? form.margin : null,
    onlineTarget: form.kind === 'online' ? form.onlineTarget : null,
    onlineWindowDays: form.kind === 'online' ? form.onlineWindowDays : null,
    targetHigh: form.direction === 'range' ? form.targetHigh : null,
    confidence: confidencePercent / 100,
    datasetVersionId: dataset.id,
    datasetName: dataset.name,
    datasetDigest: dataset.digest,
  }
}

/** For “not worse” the line to stay on the right side of: the baseline less (or plus) the margin. */
function nonWorseTarget(form: KindFields & { readonly baseline: number }): number | null {
  if (form.decisionRule !== 'non_worse' || form.margin === null) return null
  return form.direction === 'lower' ? form.baseline + form.margin : form.baseline - form.margin
}

/** The key under which runs log the criterion's value: of a slice, the metric's key, a slash, and the slice. */
export function measuredKey(content: Pick<CriterionContent, 'metricKey' | 'slice'>): string {
  return content.slice === '' ? content.metricKey : `${content.metricKey}/${content.slice}`
}

/** True when no run reports this, but people do. */
export function isReportedByPeople(content: Pick<CriterionContent, 'kind'>): boolean {
  return content.kind === 'business' || content.kind === 'attestation'
}

/** True when a value is on the wrong side of the floor: a live model there breaches the agreement. */
export function isBelowFloor(content: CriterionContent, value: number): boolean {
  if (content.floor === null || content.direction === 'range') return false
  return content.direction === 'lower' ? value > content.floor : value < content.floor
}

/**
 * Fields whose change alters what was agreed: a new version and a new signature. All others are editorial.
 * Source: product invariant 4.
 */
const EDITORIAL: ReadonlySet<keyof CriterionContent> = new Set([
  'name',
  'why',
  'baselineSource',
  'reviewBy',
  'valuePerUnit',
  'measuredBy',
])

export interface FieldChange {
  readonly field: keyof CriterionContent
  readonly label: string
  readonly before: string
  readonly after: string
  readonly isMaterial: boolean
}

const FIELD_WORDS: Readonly<Record<keyof CriterionContent, string>> = {
  name: 'Name',
  why: 'Why it matters',
  metricKey: 'Metric',
  direction: 'Better is',
  unit: 'Unit',
  baseline: 'Baseline',
  baselineAt: 'Baseline of',
  baselineSource: 'Source of the baseline',
  target: 'Target',
  targetHigh: 'Upper bound',
  datasetVersionId: 'Dataset version',
  datasetName: 'Dataset',
  datasetDigest: 'Digest of the dataset',
  protocol: 'Protocol',
  minimumRows: 'Least number of rows',
  decisionRule: 'Decision rule',
  confidence: 'Confidence',
  weight: 'Weight',
  reviewBy: 'Review by',
  kind: 'Kind',
  slice: 'Slice',
  floor: 'Floor',
  margin: 'Margin of “not worse”',
  onlineTarget: 'Target on live cases',
  onlineWindowDays: 'Window of live cases, days',
  valuePerUnit: 'Value of one unit',
  measuredBy: 'Measured by',
}

/** What differs between two versions, field by field, in the order of the form. */
export function changesBetween(before: CriterionContent, after: CriterionContent): FieldChange[] {
  return CriterionContent.keyof().options.flatMap((field) => {
    if (field === 'datasetVersionId') return []
    const [left, right] = [fieldText(before, field), fieldText(after, field)]
    return left === right
      ? []
      : [{ field, label: FIELD_WORDS[field], before: left, after: right, isMaterial: !EDITORIAL.has(field) }]
  })
}

/** The changes in one sentence for the log: "material: Target; editorial: Name". */
export function changeWords(changes: readonly FieldChange[]): string {
  const named = (isMaterial: boolean) =>
    changes.filter((change) => change.isMaterial === isMaterial).map((change) => change.label)
  const part = (word: string, labels: readonly string[]) =>
    labels.length === 0 ? [] : [`${word}: ${labels.join(', ')}`]
  return [...part('material', named(true)), ...part('editorial', named(false))].join('; ')
}

function fieldText(content: CriterionContent, field: keyof CriterionContent): string {
  if (field === 'decisionRule') return DECISION_RULE_WORDS[content.decisionRule]
  if (field === 'metricKey') return metricName(content.metricKey)
  if (field === 'kind') return CRITERION_KIND_WORDS[content.kind]
  if (field === 'confidence') return `${plainNumber(content.confidence * 100)} %`
  const value = content[field]
  return value === null || value === '' ? '–' : typeof value === 'number' ? plainNumber(value) : value
}

/** Up to six significant digits, without trailing zeros: 0.78, 2.6, 1848. */
export function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const rounded = Number(value.toPrecision(6))
  return Math.abs(rounded) >= 10_000 ? rounded.toLocaleString('en-GB', { maximumFractionDigits: 2 }) : String(rounded)
}

function withUnit(value: number, unit: string): string {
  return unit === '' ? plainNumber(value) : `${plainNumber(value)} ${unit}`
}

/** The target in one phrase: "at least 0.78", "at most 2.6 °C", "between 3 and 5 %". */
export function targetPhrase(content: CriterionContent): string {
  switch (content.direction) {
    case 'higher':
      return `at least ${withUnit(content.target, content.unit)}`
    case 'lower':
      return `at most ${withUnit(content.target, content.unit)}`
    case 'range':
      return `between ${plainNumber(content.target)} and ${withUnit(content.targetHigh ?? content.target, content.unit)}`
    default:
      return content.direction satisfies never
  }
}

/** The agreed definition in one line, for every working screen. */
export function criterionLine(content: CriterionContent): string {
  const where = isReportedByPeople(content) ? `reported by ${content.measuredBy}` : `on ${content.datasetName}`
  return `${metricName(content.metricKey)} ${targetPhrase(content)} ${where}${content.slice === '' ? '' : `, ${content.slice}`}`
}

/** What a version means, in sentences that a reader without the field's words can check. */
export function plainWords(content: CriterionContent): string[] {
  const metric = findMetric(content.metricKey)
  const subject = `${metricName(content.metricKey)} must be ${targetPhrase(content)}`
  return [
    isReportedByPeople(content)
      ? `${subject}. ${content.measuredBy} reports it; no run can.`
      : `${subject}, measured on the dataset “${content.datasetName}”${content.slice === '' ? '' : `, only on the part “${content.slice}”`}, on at least ${plainNumber(content.minimumRows)} rows.`,
    ...(content.onlineTarget === null
      ? []
      : [
          `Once a model is live, it must also be ${targetPhrase({ ...content, target: content.onlineTarget })} on the live cases of ${plainNumber(content.onlineWindowDays ?? 1)} days.`,
        ]),
    ...(content.floor === null
      ? []
      : [
          `A live model must never be worse than ${withUnit(content.floor, content.unit)}: then the agreement is suspended until you decide.`,
        ]),
    ...(metric ? [workedExample(content) ?? metric.means] : []),
    `Before the work began it was ${withUnit(content.baseline, content.unit)} (${content.baselineAt}, ${content.baselineSource}).`,
    content.decisionRule === 'non_worse'
      ? `It counts as met when it is not worse than before by more than ${withUnit(content.margin ?? 0, content.unit)}, with the whole ${plainNumber(content.confidence * 100)} % confidence interval.`
      : content.decisionRule === 'point'
        ? 'It counts as met when the measured value itself reaches the target; if chance alone could explain that, the portal says “met within noise”.'
        : `It counts as met only when the whole ${plainNumber(content.confidence * 100)} % confidence interval reaches the target.`,
    ...(content.valuePerUnit === '' ? [] : [`What it is worth: ${content.valuePerUnit} for one unit of improvement.`]),
    `It is measured like this: ${content.protocol}`,
    ...(metric ? [`What it does not mean: ${metric.doesNotMean}`] : []),
  ]
}

function workedExample(content: CriterionContent): string | null {
  const inHundred = (share: number) => plainNumber(Math.round(share * 1000) / 10)
  switch (content.metricKey) {
    case 'roc_auc':
      return `Take one case that is positive and one that is not: the model must rank the positive one higher at least ${inHundred(content.target)} times in 100; it was ${inHundred(content.baseline)}.`
    case 'recall':
      return `Of 100 cases that are really positive, the model may miss at most ${inHundred(1 - content.target)}; it was ${inHundred(1 - content.baseline)}.`
    case 'precision':
      return `Of 100 alarms, at most ${inHundred(1 - content.target)} may be false; it was ${inHundred(1 - content.baseline)}.`
    case 'accuracy':
      return `Of 100 cases, at most ${inHundred(1 - content.target)} may be wrong; it was ${inHundred(1 - content.baseline)}.`
    case 'rmse':
    case 'mae':
      return `The typical error may be at most ${withUnit(content.target, content.unit)}; it was ${withUnit(content.baseline, content.unit)}.`
    default:
      return null
  }
}

/** The engagement as it stands at the head of a document to be signed. */
export interface DocumentEngagement {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly client: string
}

/**
 * Exactly what is shown to the person who signs a version of a criterion, and what the signature's hash is taken of
 * (SHA-256 of its canonical JSON, RFC 8785).
 */
export function criterionDocument(
  engagement: DocumentEngagement,
  criterion: { readonly key: string; readonly version: number },
  content: CriterionContent,
): Json {
  return {
    format: 'throughline.criterion/1',
    engagement: { ...engagement },
    criterion: { key: criterion.key, version: criterion.version, ...content },
    meaning: plainWords(content),
    consequence: SIGNING_CONSEQUENCE,
  }
}

export const SIGNING_CONSEQUENCE =
  'Signing makes this version the one that every run and every deployed model is judged against. It can be replaced by a later version that you sign, and stays readable for ever.'

/** @throws AppError `invalid` when stored content does not have the agreed shape */
export function parseCriterionContent(value: unknown): CriterionContent {
  const parsed = CriterionContent.safeParse(value)
  if (!parsed.success) throw new AppError('invalid', 'The stored criterion cannot be read.', { cause: parsed.error })
  return parsed.data
}

/** Why the asker may not write or change criteria and the problem statement. */
export function draftRefusal(standing: Standing): Refusal | null {
  if (!isStaff(standing.actor))
    return { reason: 'The consultancy drafts; you can ask for changes when you read what is to be signed.' }
  const drafts = standing.seats.some(
    (seat) => seat.function === 'engagement_lead' || seat.function === 'data_scientist',
  )
  return isTeam(standing) && drafts
    ? null
    : { reason: 'Only the engagement lead and its consultants draft the definition.' }
}

/** Why a version cannot be sent for signature. Sending is also our side's approval, so it is the lead's. */
export function sendRefusal(
  standing: Standing,
  state: VersionState,
  facts: { clientAccountableCount: number },
): Refusal | null {
  if (!isLead(standing)) return { reason: 'Only the engagement lead sends a definition for signature.' }
  if (state !== 'draft' && state !== 'changes_requested') return { reason: 'Only a draft can be sent for signature.' }
  if (facts.clientAccountableCount === 0)
    return { reason: 'Nobody at the client is accountable yet: invite a person to an accountable seat first.' }
  return null
}

/**
 * Share of the way from baseline to target, 0 to 1, direction-aware; for target = baseline 0 or 1; null when unmeasured.
 * Source: product invariant 22. In a range, progress is 1 inside and falls with the distance to the nearer bound.
 */
export function progress(content: CriterionContent, current: number | null): number | null {
  if (current === null || Number.isNaN(current)) return null
  const goal = content.direction === 'range' ? nearestInRange(content, current) : content.target
  if (content.direction === 'range' && goal === current) return 1
  if (goal === content.baseline) return reaches(content, current) ? 1 : 0
  return Math.min(1, Math.max(0, (current - content.baseline) / (goal - content.baseline)))
}

function nearestInRange(content: CriterionContent, value: number): number {
  return Math.min(Math.max(value, content.target), content.targetHigh ?? content.target)
}

/** True when a value is on the right side of the target. Both bounds count as inside. */
export function reaches(content: CriterionContent, value: number): boolean {
  switch (content.direction) {
    case 'higher':
      return value >= content.target
    case 'lower':
      return value <= content.target
    case 'range':
      return value >= content.target && value <= (content.targetHigh ?? content.target)
    default:
      return content.direction satisfies never
  }
}
