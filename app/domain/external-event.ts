import { z } from 'zod'
import { isExecutive } from './actor.ts'
import type { ChangeContent } from './change.ts'
import type { LegalBasis } from './dataset.ts'
import { LEGAL_BASES } from './dataset.ts'
import type { Standing } from './engagement.ts'
import { holds, isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { isId } from './ids.ts'
import { day, line, prose, ticked } from './text.ts'

/** What an external event touches at first: everything downstream of it is found by lineage. */
export interface Touched {
  readonly legalBases: readonly LegalBasis[]
  readonly datasetVersionIds: readonly string[]
  readonly criterionIds: readonly string[]
}

/** Things that can be ticked by hand at most; a legal basis may stand for more. */
const TICKED_MAX = 100

/**
 * Something outside changed, such as a law. What it touches is ticked as `basis-<legal basis>`, `dataset-<version id>` and
 * `criterion-<id>`.
 */
export const ExternalEventForm = z
  .object({
    title: line(160, 'A title'),
    whatChanged: prose(4000, 'What changed', 1),
    source: line(300, 'The source'),
    effectiveOn: day('The day'),
    isSuspending: ticked,
  })
  .catchall(z.string())
  .transform((form, check) => {
    const { title, whatChanged, source, effectiveOn, isSuspending, ...rest } = form
    const chosen = (prefix: string) =>
      Object.keys(rest).flatMap((name) => {
        const id = name.startsWith(prefix) ? name.slice(prefix.length) : ''
        return isId(id) ? [id] : []
      })
    const touched: Touched = {
      legalBases: LEGAL_BASES.filter((basis) => rest[`basis-${basis}`] === 'yes'),
      datasetVersionIds: chosen('dataset-').sort(),
      criterionIds: chosen('criterion-').sort(),
    }
    const count = touched.datasetVersionIds.length + touched.criterionIds.length
    const refuse = (message: string) => {
      check.addIssue({ code: 'custom', path: ['touched'], message })
    }
    if (count + touched.legalBases.length === 0) refuse('Tick a legal basis, a dataset or a criterion.')
    if (count > TICKED_MAX) refuse(`At most ${String(TICKED_MAX)} datasets and criteria; tick a legal basis instead.`)
    return { title, whatChanged, source, effectiveOn, isSuspending, touched }
  })
export type ExternalEventInput = z.infer<typeof ExternalEventForm>

export const IssueForm = z.object({
  /** Made by the page that showed the preview, so that a form sent twice issues one event. */
  issueId: z.string().refine(isId, 'Open the page again.'),
  /** SHA-256 of what the preview showed. */
  shownHash: z.string().regex(/^[0-9a-f]{64}$/, 'Open the page again.'),
})

export const ResolveFlagForm = z.object({ reason: prose(2000, 'The reason', 1) })

const Thing = z.object({ id: z.string(), name: z.string(), detail: z.string() })

/** What an event reaches in one engagement, each list in the order of its names. */
export const Affected = z.object({
  datasets: z.array(Thing),
  criteria: z.array(Thing.extend({ criterionId: z.string() })),
  runs: z.array(Thing),
  modelVersions: z.array(Thing),
  deployments: z.array(Thing),
  endpoints: z.array(z.object({ id: z.string(), slug: z.string() })),
  /** True when there is more than is listed. */
  isCut: z.boolean(),
})
export type Affected = z.infer<typeof Affected>

/** Who issues an event in an engagement, and who says that a flagged endpoint goes on. */
export function externalEventRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) && (holds(standing, 'engagement_lead') || isExecutive(standing.actor))
    ? null
    : { reason: 'Only the engagement lead or an executive decides on external events.' }
}

/** The rows under which an event is put on the record, in reading order. */
export function eventRows(
  event: Pick<ExternalEventInput, 'whatChanged' | 'source' | 'effectiveOn' | 'isSuspending'>,
  affected: Affected,
): { term: string; value: string }[] {
  const names = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name).join(', ') || 'none'
  return [
    { term: 'What changed', value: event.whatChanged },
    { term: 'Source', value: event.source },
    { term: 'In force from', value: event.effectiveOn },
    { term: 'Data', value: names(affected.datasets) },
    { term: 'Criteria', value: names(affected.criteria) },
    { term: 'Runs', value: names(affected.runs) },
    { term: 'Model versions', value: names(affected.modelVersions) },
    { term: 'Deployments', value: names(affected.deployments) },
    { term: 'Flagged endpoints', value: affected.endpoints.map(({ slug }) => slug).join(', ') || 'none' },
    { term: 'Agreements', value: event.isSuspending ? 'Suspended: the law changed.' : 'Stay in force.' },
  ]
}

/** The draft of the change that an event asks for: what is known is written, what it costs is the lead’s to say. */
export function changeForEvent(
  event: Pick<ExternalEventInput, 'title' | 'whatChanged' | 'source' | 'effectiveOn'>,
  affected: Affected,
): ChangeContent {
  const list = (things: readonly { readonly name: string }[]) =>
    things
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 2000)
  return {
    title: event.title,
    reason: `${event.whatChanged}\n\nSource: ${event.source}. In force from ${event.effectiveOn}.`.slice(0, 4000),
    addToScope: [`Bring the work in line with: ${event.title}`],
    takeFromScope: [],
    pushToLater: [],
    newDeliverables: [],
    newTargetEnd: null,
    scheduleDays: 0,
    hours: 0,
    fee: '',
    criteria: list(affected.criteria),
    data: list(affected.datasets),
  }
}

/** The fields that ExternalEventForm reads this event from. */
export function eventFields({ touched, isSuspending, ...texts }: ExternalEventInput): Record<string, string> {
  return {
    ...texts,
    ...(isSuspending ? { isSuspending: 'yes' } : {}),
    ...Object.fromEntries(touched.legalBases.map((basis) => [`basis-${basis}`, 'yes'])),
    ...Object.fromEntries(touched.datasetVersionIds.map((id) => [`dataset-${id}`, 'yes'])),
    ...Object.fromEntries(touched.criterionIds.map((id) => [`criterion-${id}`, 'yes'])),
  }
}
