import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type { PersonActor } from '#app/domain/actor.ts'
import { isExecutive } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { Touched } from '#app/domain/external-event.ts'
import { Affected } from '#app/domain/external-event.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { isId, toId } from '#app/domain/ids.ts'
import { criteria } from '../schema/criteria.ts'
import { datasets, datasetVersions } from '../schema/datasets.ts'
import { engagements, seats } from '../schema/engagements.ts'
import { endpointFlags, externalEvents } from '../schema/external-events.ts'
import { endpoints } from '../schema/models.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'
import { listCriterionVersions } from './criteria.ts'
import { listDeployments } from './deployments.ts'
import { traceLineage } from './lineage.ts'

/** Data versions and criteria of one engagement that are traced for one event at most. */
const STARTS_MAX = 60
/** Things of one kind that are listed at most. */
const LISTED_MAX = 200
const SERVING = ['requested', 'probing', 'candidate', 'live']

export interface Touchable {
  readonly kind: 'dataset' | 'criterion'
  readonly id: string
  readonly name: string
  readonly engagementId: string
  readonly engagementName: string
}

/** What the viewer may say that an event touches: data and criteria of running engagements that they lead, or as an executive see. */
export async function listTouchable(tx: Tx, actor: PersonActor): Promise<Touchable[]> {
  const mine = and(
    sql`${engagements.state} not in ('closed', 'cancelled')`,
    isExecutive(actor)
      ? undefined
      : sql`exists (select from ${seats} where ${seats.engagementId} = ${engagements.id} and ${seats.personId} = ${actor.personId}
          and ${seats.function} = 'engagement_lead' and ${seats.vacatedAt} is null)`,
  )
  const versions = await tx
    .select({
      id: datasetVersions.id,
      name: sql<string>`${datasets.name} || ' v' || ${datasetVersions.version}`,
      engagementId: engagements.id,
      engagementName: engagements.name,
    })
    .from(datasetVersions)
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .innerJoin(engagements, eq(engagements.id, datasetVersions.engagementId))
    .where(and(mine, sql`${datasetVersions.state} <> 'erased'`))
    .orderBy(asc(engagements.name), asc(engagements.id), asc(datasets.name), desc(datasetVersions.version))
    .limit(500)
  const named = await tx
    .select({
      id: criteria.id,
      name: criteria.key,
      engagementId: engagements.id,
      engagementName: engagements.name,
    })
    .from(criteria)
    .innerJoin(engagements, eq(engagements.id, criteria.engagementId))
    .where(and(mine, isNull(criteria.withdrawnAt)))
    .orderBy(asc(engagements.name), asc(engagements.id), asc(criteria.createdAt), asc(criteria.id))
    .limit(500)
  return [
    ...versions.map((row) => ({ kind: 'dataset' as const, ...row })),
    ...named.map((row) => ({ kind: 'criterion' as const, ...row })),
  ]
}

/** Running engagements in which something is touched, in the order of their ids: so they are locked. */
export async function listTouchedEngagements(tx: Tx, touched: Touched): Promise<EngagementId[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select e.id from engagements e where e.state not in ('closed', 'cancelled') and (
      exists (select from dataset_versions v where v.engagement_id = e.id and v.state <> 'erased'
        and (v.id::text in (select jsonb_array_elements_text(${JSON.stringify(touched.datasetVersionIds)}::jsonb))
          or v.legal_basis in (select jsonb_array_elements_text(${JSON.stringify(touched.legalBases)}::jsonb))))
      or exists (select from criteria c where c.engagement_id = e.id and c.withdrawn_at is null
        and c.id::text in (select jsonb_array_elements_text(${JSON.stringify(touched.criterionIds)}::jsonb))))
    order by e.id limit 500`)
  return [...rows].map(({ id }) => toId<EngagementId>(id))
}

/** Everything in one engagement that rests on what is touched, by lineage; null when nothing of it is touched. */
export async function traceTouched(tx: Tx, engagementId: EngagementId, touched: Touched): Promise<Affected | null> {
  const data = await tx
    .select({ id: datasetVersions.id })
    .from(datasetVersions)
    .where(
      and(
        eq(datasetVersions.engagementId, engagementId),
        sql`${datasetVersions.state} <> 'erased'`,
        sql`(${inList(datasetVersions.id, touched.datasetVersionIds)} or ${inList(datasetVersions.legalBasis, touched.legalBases)})`,
      ),
    )
    .orderBy(asc(datasetVersions.id))
    .limit(STARTS_MAX + 1)
  const versions = (await listCriterionVersions(tx, engagementId)).filter(({ state }) =>
    ['draft', 'in_review', 'agreed', 'suspended'].includes(state),
  )
  const starts = [
    ...data.map(({ id }) => ({ kind: 'dataset' as const, id })),
    ...versions
      .filter(({ criterionId }) => touched.criterionIds.includes(criterionId))
      .map(({ id }) => ({ kind: 'criterion_version' as const, id })),
  ]
  if (starts.length === 0) return null
  const reached = new Map<string, { kind: string; id: string; name: string; detail: string }>()
  let isCut = starts.length > STARTS_MAX
  for (const start of starts.slice(0, STARTS_MAX)) {
    const lineage = await traceLineage(tx, engagementId, start)
    isCut ||= lineage.isCut
    for (const { kind, id, name, detail, direction } of lineage.nodes)
      if (direction !== 'up') reached.set(`${kind}:${id}`, { kind, id, name, detail })
  }
  const things = (kind: string) => {
    const all = [...reached.values()].filter((one) => one.kind === kind)
    isCut ||= all.length > LISTED_MAX
    return all
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id.localeCompare(b.id))
      .slice(0, LISTED_MAX)
      .map(({ id, name, detail }) => ({ id, name, detail }))
  }
  const serving = (await listDeployments(tx, engagementId)).filter(
    ({ id, state }) => SERVING.includes(state) && reached.has(`deployment:${id}`),
  )
  return {
    datasets: things('dataset'),
    criteria: things('criterion_version').flatMap((thing) => {
      const version = versions.find(({ id }) => id === thing.id)
      return version ? [{ ...thing, criterionId: version.criterionId }] : []
    }),
    runs: things('run'),
    modelVersions: things('model_version'),
    deployments: things('deployment'),
    endpoints: [...new Map(serving.map(({ endpointId, slug }) => [endpointId, slug]))]
      .map(([id, slug]) => ({ id, slug }))
      .sort((a, b) => a.slug.localeCompare(b.slug)),
    isCut,
  }
}

function inList(column: typeof datasetVersions.id | typeof datasetVersions.legalBasis, values: readonly string[]) {
  return sql`${column}::text in (select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`
}

export interface ExternalEventRow {
  readonly id: string
  readonly issueId: string
  readonly engagementId: EngagementId
  readonly engagementName: string
  readonly title: string
  readonly whatChanged: string
  readonly source: string
  readonly effectiveOn: string
  readonly isSuspending: boolean
  readonly affected: Affected
  readonly changeId: string
  readonly issuedByName: string
  readonly issuedAt: Date
}

const selectEvents = (tx: Tx) =>
  tx
    .select({
      id: externalEvents.id,
      issueId: externalEvents.issueId,
      engagementId: externalEvents.engagementId,
      engagementName: engagements.name,
      title: externalEvents.title,
      whatChanged: externalEvents.whatChanged,
      source: externalEvents.source,
      effectiveOn: externalEvents.effectiveOn,
      isSuspending: externalEvents.isSuspending,
      affected: externalEvents.affected,
      changeId: externalEvents.changeId,
      issuedByName: persons.name,
      issuedAt: externalEvents.issuedAt,
    })
    .from(externalEvents)
    .innerJoin(engagements, eq(engagements.id, externalEvents.engagementId))
    .innerJoin(persons, eq(persons.id, externalEvents.issuedBy))

const toRow = (raw: Awaited<ReturnType<typeof selectEvents>>[number]): ExternalEventRow => ({
  ...raw,
  engagementId: toId<EngagementId>(raw.engagementId),
  affected: Affected.parse(raw.affected),
})

/** External events, newest first; of one engagement, or of all that the viewer may see. */
export async function listExternalEvents(tx: Tx, engagementId: EngagementId | null): Promise<ExternalEventRow[]> {
  const rows = await selectEvents(tx)
    .where(engagementId === null ? undefined : eq(externalEvents.engagementId, engagementId))
    .orderBy(desc(externalEvents.issuedAt), asc(externalEvents.id))
    .limit(200)
  return rows.map(toRow)
}

/** @throws AppError `not_found` */
export async function getExternalEvent(tx: Tx, engagementId: EngagementId, id: string): Promise<ExternalEventRow> {
  const [row] = await selectEvents(tx).where(
    and(eq(externalEvents.engagementId, engagementId), eq(externalEvents.id, isId(id) ? id : engagementId)),
  )
  return toRow(found(row, 'This event'))
}

/** Whether an issue was recorded in any engagement that the viewer may see. */
export async function isIssued(tx: Tx, issueId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: externalEvents.id })
    .from(externalEvents)
    .where(eq(externalEvents.issueId, issueId))
    .limit(1)
  return rows.length > 0
}

export async function insertExternalEvent(
  tx: Tx,
  row: Omit<ExternalEventRow, 'engagementName' | 'issuedByName'> & { registerItemId: string; issuedBy: PersonId },
): Promise<void> {
  await tx.insert(externalEvents).values(row)
}

export interface FlagRow {
  readonly id: string
  readonly eventId: string
  readonly eventTitle: string
  readonly endpointId: string
  readonly slug: string
  readonly modelId: string
  readonly raisedAt: Date
  readonly resolvedAt: Date | null
  readonly resolvedByName: string | null
  readonly reason: string
}

/** Flags of an engagement's endpoints, open ones first, then the newest. */
export async function listFlags(
  tx: Tx,
  engagementId: EngagementId,
  only: { readonly eventId?: string; readonly openOnly?: boolean; readonly flagId?: string } = {},
): Promise<FlagRow[]> {
  return tx
    .select({
      id: endpointFlags.id,
      eventId: endpointFlags.eventId,
      eventTitle: externalEvents.title,
      endpointId: endpointFlags.endpointId,
      slug: endpoints.slug,
      modelId: endpoints.modelId,
      raisedAt: endpointFlags.raisedAt,
      resolvedAt: endpointFlags.resolvedAt,
      resolvedByName: persons.name,
      reason: endpointFlags.reason,
    })
    .from(endpointFlags)
    .innerJoin(externalEvents, eq(externalEvents.id, endpointFlags.eventId))
    .innerJoin(endpoints, eq(endpoints.id, endpointFlags.endpointId))
    .leftJoin(persons, eq(persons.id, endpointFlags.resolvedBy))
    .where(
      and(
        eq(endpointFlags.engagementId, engagementId),
        only.eventId === undefined ? undefined : eq(endpointFlags.eventId, only.eventId),
        only.flagId === undefined ? undefined : eq(endpointFlags.id, only.flagId),
        only.openOnly === true ? isNull(endpointFlags.resolvedAt) : undefined,
      ),
    )
    .orderBy(sql`${endpointFlags.resolvedAt} is not null`, desc(endpointFlags.raisedAt), asc(endpoints.slug))
    .limit(500)
}

/** @throws AppError `not_found` */
export async function getFlag(tx: Tx, engagementId: EngagementId, flagId: string): Promise<FlagRow> {
  return found((await listFlags(tx, engagementId, { flagId }))[0], 'This flag')
}

export async function insertFlags(
  tx: Tx,
  rows: readonly { id: string; engagementId: EngagementId; eventId: string; endpointId: string; raisedAt: Date }[],
): Promise<void> {
  if (rows.length > 0) await tx.insert(endpointFlags).values([...rows])
}

export async function saveFlagResolution(
  tx: Tx,
  id: string,
  resolution: { readonly by: PersonId; readonly at: Date; readonly reason: string },
): Promise<void> {
  await tx
    .update(endpointFlags)
    .set({ resolvedAt: resolution.at, resolvedBy: resolution.by, reason: resolution.reason })
    .where(eq(endpointFlags.id, id))
}
