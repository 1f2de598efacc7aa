import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { DatasetSource, DatasetState, DatasetTerms, LegalBasis } from '#app/domain/dataset.ts'
import type { DatasetProfile } from '../schema/datasets.ts'
import { datasets, datasetVersions } from '../schema/datasets.ts'
import type { Tx } from '../types.ts'

export interface DatasetVersionRow {
  readonly id: DatasetVersionId
  readonly datasetId: string
  readonly name: string
  readonly description: string
  readonly licence: string
  readonly version: number
  readonly digest: string
  readonly sha256: string | null
  readonly source: DatasetSource
  readonly sourceNote: string
  readonly state: DatasetState
  readonly profile: DatasetProfile
  readonly legalBasis: LegalBasis | null
  readonly purposes: readonly string[]
  readonly residency: string
  readonly retainUntil: string | null
  readonly stateReason: string
  readonly stateChangedAt: Date | null
  readonly createdAt: Date
}

const columns = {
  id: datasetVersions.id,
  datasetId: datasets.id,
  name: datasets.name,
  description: datasets.description,
  licence: datasets.licence,
  version: datasetVersions.version,
  digest: datasetVersions.digest,
  sha256: datasetVersions.sha256,
  source: datasetVersions.source,
  sourceNote: datasetVersions.sourceNote,
  state: datasetVersions.state,
  profile: datasetVersions.profile,
  legalBasis: datasetVersions.legalBasis,
  purposes: datasetVersions.purposes,
  residency: datasetVersions.residency,
  retainUntil: datasetVersions.retainUntil,
  stateReason: datasetVersions.stateReason,
  stateChangedAt: datasetVersions.stateChangedAt,
  createdAt: datasetVersions.createdAt,
}

const versions = (tx: Tx) =>
  tx.select(columns).from(datasetVersions).innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))

/** Dataset versions of an engagement, by name, newest version first; after one when asked. */
export async function listDatasetVersions(
  tx: Tx,
  engagementId: EngagementId,
  page: { readonly after?: { readonly name: string; readonly version: number }; readonly limit?: number } = {},
): Promise<DatasetVersionRow[]> {
  const rows = await versions(tx)
    .where(
      and(
        eq(datasetVersions.engagementId, engagementId),
        page.after &&
          sql`(${datasets.name}, -${datasetVersions.version}) > (${page.after.name}, -${page.after.version}::int)`,
      ),
    )
    .orderBy(asc(datasets.name), desc(datasetVersions.version))
    .limit(page.limit ?? 1000)
  return rows.map((row) => ({ ...row, id: toId<DatasetVersionId>(row.id) }))
}

/** @throws AppError `not_found` */
export async function getDatasetVersion(
  tx: Tx,
  engagementId: EngagementId,
  id: DatasetVersionId,
): Promise<DatasetVersionRow> {
  const [row] = await versions(tx).where(
    and(eq(datasetVersions.engagementId, engagementId), eq(datasetVersions.id, id)),
  )
  return { ...found(row, 'This dataset'), id }
}

/** The versions with these ids, in their order. @throws AppError `not_found` when one is not there */
export async function getDatasetVersions(
  tx: Tx,
  engagementId: EngagementId,
  ids: readonly DatasetVersionId[],
): Promise<DatasetVersionRow[]> {
  const rows = await versions(tx).where(
    and(
      eq(datasetVersions.engagementId, engagementId),
      sql`${datasetVersions.id} = any(${sql.param([...ids])}::uuid[])`,
    ),
  )
  return ids.map((id) => ({
    ...found(
      rows.find((row) => row.id === id),
      'This dataset',
    ),
    id,
  }))
}

export interface NewDatasetVersion {
  readonly id: DatasetVersionId
  readonly engagementId: EngagementId
  readonly name: string
  readonly description: string
  readonly licence: string
  readonly digest: string
  readonly sha256: string | null
  readonly source: DatasetSource
  readonly sourceNote: string
  readonly profile: DatasetProfile
  readonly mlflow?: {
    readonly sourceType: string
    readonly source: string
    readonly schema: string | null
    readonly profile: string | null
  }
  readonly at: Date
}

/**
 * The version of this name and digest, added when there is none. Safe against two writers.
 * @returns its id, which is `row.id` only when it is new
 */
export async function ensureDatasetVersion(tx: Tx, row: NewDatasetVersion): Promise<DatasetVersionId> {
  await tx
    .insert(datasets)
    .values({
      id: row.id, // ids are unique by table; the first version shares its dataset's
      engagementId: row.engagementId,
      name: row.name,
      description: row.description,
      licence: row.licence,
      createdAt: row.at,
    })
    .onConflictDoNothing({ target: [datasets.engagementId, datasets.name] })
  const [dataset] = await tx
    .select({ id: datasets.id })
    .from(datasets)
    .where(and(eq(datasets.engagementId, row.engagementId), eq(datasets.name, row.name)))
    .for('update')
  const datasetId = found(dataset, 'The dataset').id
  await tx
    .insert(datasetVersions)
    .values({
      id: row.id,
      engagementId: row.engagementId,
      datasetId,
      version: sql`(select coalesce(max(version), 0) + 1 from dataset_versions where dataset_id = ${datasetId})`,
      digest: row.digest,
      sha256: row.sha256,
      source: row.source,
      sourceNote: row.sourceNote,
      profile: row.profile,
      mlflowSourceType: row.mlflow?.sourceType ?? 'throughline',
      mlflowSource: row.mlflow?.source ?? row.name,
      mlflowSchema: row.mlflow?.schema ?? null,
      mlflowProfile: row.mlflow?.profile ?? null,
      createdAt: row.at,
    })
    .onConflictDoNothing({ target: [datasetVersions.datasetId, datasetVersions.digest] })
  const [version] = await tx
    .select({ id: datasetVersions.id })
    .from(datasetVersions)
    .where(and(eq(datasetVersions.datasetId, datasetId), eq(datasetVersions.digest, row.digest)))
  return toId<DatasetVersionId>(found(version, 'The dataset').id)
}

/** Complete a version that was known by name only. @returns false when its bytes were there already */
export async function saveDatasetBytes(
  tx: Tx,
  id: DatasetVersionId,
  row: { readonly sha256: string; readonly profile: DatasetProfile },
): Promise<boolean> {
  const rows = await tx
    .update(datasetVersions)
    .set({ sha256: row.sha256, source: 'import', profile: row.profile })
    .where(and(eq(datasetVersions.id, id), isNull(datasetVersions.sha256)))
    .returning({ id: datasetVersions.id })
  return rows.length === 1
}

/** As getDatasetVersion, and holds it. */
export async function lockDatasetVersion(
  tx: Tx,
  engagementId: EngagementId,
  id: DatasetVersionId,
): Promise<DatasetVersionRow> {
  await tx
    .select({ id: datasetVersions.id })
    .from(datasetVersions)
    .where(and(eq(datasetVersions.engagementId, engagementId), eq(datasetVersions.id, id)))
    .for('update')
  return getDatasetVersion(tx, engagementId, id)
}

export async function saveDatasetTerms(tx: Tx, id: DatasetVersionId, terms: DatasetTerms): Promise<void> {
  await tx
    .update(datasetVersions)
    .set({ ...terms, purposes: [...terms.purposes] })
    .where(eq(datasetVersions.id, id))
}

export async function saveDatasetState(
  tx: Tx,
  id: DatasetVersionId,
  change: { readonly state: DatasetState; readonly reason: string; readonly at: Date },
): Promise<void> {
  await tx
    .update(datasetVersions)
    .set({ state: change.state, stateReason: change.reason, stateChangedAt: change.at })
    .where(eq(datasetVersions.id, id))
}

export interface DatasetDependant {
  readonly kind: 'run' | 'model_version' | 'deployment' | 'criterion'
  readonly id: string
  readonly name: string
  /** How it depends: the role of the data in a run, the state of a deployment or a criterion's version. */
  readonly how: string
}

/** What rests on a version: runs that used it, models that those made, where they are live, criteria that name it. */
export async function listDatasetDependants(
  tx: Tx,
  engagementId: EngagementId,
  id: DatasetVersionId,
  limit = 1000,
): Promise<DatasetDependant[]> {
  const rows = await tx.execute<{ kind: DatasetDependant['kind']; id: string; name: string; how: string }>(sql`
    with used as (select r.id, r.name, i.role from run_inputs i join runs r on r.id = i.run_id
        where i.engagement_id = ${engagementId} and i.dataset_version_id = ${id}),
      made as (select distinct v.id, m.name || ' v' || v.version as name from used u
        join model_versions v on v.run_id = u.id join registered_models m on m.id = v.model_id where u.role = 'training')
    select 'criterion' as kind, c.id::text, c.key || ' v' || v.version as name, v.state as how
      from criterion_versions v join criteria c on c.id = v.criterion_id
      where v.engagement_id = ${engagementId} and v.content ->> 'datasetVersionId' = ${id}
    union all select 'deployment', d.id::text, e.slug || ' r' || d.revision, d.state from made
      join deployments d on d.model_version_id = made.id join endpoints e on e.id = d.endpoint_id where d.state in ('requested', 'probing', 'live')
    union all select 'model_version', made.id::text, made.name, 'trained on it' from made
    union all select 'run', used.id, used.name, used.role from used
    limit ${limit}`)
  return [...rows].map(({ kind, id, name, how }) => ({ kind, id, name, how }))
}

/** Available versions with a label, for choosing. */
export async function datasetOptions(
  tx: Tx,
  engagementId: EngagementId,
): Promise<{ id: string; label: string; hasBytes: boolean }[]> {
  return (await listDatasetVersions(tx, engagementId))
    .filter((row) => row.state === 'available')
    .map((row) => ({
      id: row.id,
      label: `${row.name} v${String(row.version)} (${row.profile.rows === null ? 'rows unknown' : `${row.profile.rows.toLocaleString('en-GB')} rows`}, ${row.digest.slice(0, 8)})`,
      hasBytes: row.sha256 !== null,
    }))
}

/** The engagement of a version; null when there is none. */
export async function findDatasetEngagement(tx: Tx, id: DatasetVersionId): Promise<EngagementId | null> {
  const [row] = await tx
    .select({ engagementId: datasetVersions.engagementId })
    .from(datasetVersions)
    .where(eq(datasetVersions.id, id))
  return row ? toId<EngagementId>(row.engagementId) : null
}
