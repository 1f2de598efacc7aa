import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, ne, sql } from 'drizzle-orm'
import type { AlertKind, AlertRecipient, AlertState } from '#app/domain/alert.ts'
import { DriftReference } from '#app/domain/drift.ts'
import { found } from '#app/domain/errors.ts'
import type { EndpointId, EngagementId, ModelVersionId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/realised.ts'
import { deployments, endpoints } from '../schema/models.ts'
import { alertRules, alerts, inferenceWindows, predictions } from '../schema/monitoring.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

/** One minute of one revision, as one serving process counted it. */
export interface CountedWindow {
  readonly deploymentId: string
  readonly startsAt: Date
  readonly source: string
  readonly requests: number
  readonly rows: number
  readonly clientErrors: number
  readonly serverErrors: number
  /** HDR histogram in microseconds, compressed, base64. */
  readonly latency: string
  /** Counts by the bins of the deployment's reference; empty without one. */
  readonly scores: readonly number[]
  readonly inputs: Readonly<Record<string, readonly number[]>>
}

export interface ServedScore {
  readonly deploymentId: string
  readonly requestId: string
  readonly row: number
  readonly score: number
  readonly at: Date
}

/** Where each deployment belongs; those that do not exist are left out. */
async function homesOf(tx: Tx, deploymentIds: readonly string[]) {
  const rows = await tx
    .select({ id: deployments.id, engagementId: deployments.engagementId, endpointId: deployments.endpointId })
    .from(deployments)
    .where(inArray(deployments.id, [...new Set(deploymentIds)]))
  return new Map(rows.map(({ id, ...home }) => [id, home]))
}

/** Store what was counted. Safe to repeat: a window that is stored already is replaced by its later count. */
export async function saveWindows(tx: Tx, windows: readonly CountedWindow[]): Promise<void> {
  if (windows.length === 0) return
  const homes = await homesOf(
    tx,
    windows.map(({ deploymentId }) => deploymentId),
  )
  const rows = windows.flatMap((window) => {
    const home = homes.get(window.deploymentId)
    return home ? [{ ...window, ...home }] : []
  })
  if (rows.length === 0) return
  await tx
    .insert(inferenceWindows)
    .values(rows)
    .onConflictDoUpdate({
      target: [inferenceWindows.deploymentId, inferenceWindows.startsAt, inferenceWindows.source],
      set: {
        requests: sql`excluded.requests`,
        rows: sql`excluded.rows`,
        clientErrors: sql`excluded.client_errors`,
        serverErrors: sql`excluded.server_errors`,
        latency: sql`excluded.latency`,
        scores: sql`excluded.scores`,
        inputs: sql`excluded.inputs`,
      },
      setWhere: sql`excluded.requests > ${inferenceWindows.requests}`,
    })
}

/** Store served scores. Safe to repeat. */
export async function savePredictions(tx: Tx, scores: readonly ServedScore[]): Promise<void> {
  if (scores.length === 0) return
  const homes = await homesOf(
    tx,
    scores.map(({ deploymentId }) => deploymentId),
  )
  const rows = scores.flatMap((score) => {
    const home = homes.get(score.deploymentId)
    return home ? [{ ...score, ...home }] : []
  })
  if (rows.length > 0) await tx.insert(predictions).values(rows).onConflictDoNothing()
}

/** Windows of an endpoint since a time, oldest first. */
export async function listWindows(tx: Tx, endpointId: EndpointId, since: Date): Promise<CountedWindow[]> {
  const rows = await tx
    .select()
    .from(inferenceWindows)
    .where(and(eq(inferenceWindows.endpointId, endpointId), gte(inferenceWindows.startsAt, since)))
    .orderBy(asc(inferenceWindows.startsAt))
    .limit(10_000)
  return rows.map(({ engagementId: _engagement, endpointId: _endpoint, ...window }) => window)
}

/** When an endpoint was last asked; null when it never was. */
export async function findLastRequestAt(tx: Tx, endpointId: EndpointId): Promise<Date | null> {
  const [row] = await tx
    .select({ at: inferenceWindows.startsAt })
    .from(inferenceWindows)
    .where(eq(inferenceWindows.endpointId, endpointId))
    .orderBy(desc(inferenceWindows.startsAt))
    .limit(1)
  return row?.at ?? null
}

/** What the live revision of an endpoint is compared with; null without one. */
export async function findDriftReference(
  tx: Tx,
  endpointId: EndpointId,
): Promise<{ readonly deploymentId: string; readonly reference: DriftReference } | null> {
  const [row] = await tx
    .select({ deploymentId: deployments.id, reference: deployments.reference })
    .from(deployments)
    .where(and(eq(deployments.endpointId, endpointId), eq(deployments.state, 'live')))
  return row?.reference ? { deploymentId: row.deploymentId, reference: DriftReference.parse(row.reference) } : null
}

const ofModel = (endpointId: EndpointId, modelVersionId: ModelVersionId, since: Date) =>
  and(
    eq(predictions.endpointId, endpointId),
    eq(deployments.modelVersionId, modelVersionId),
    gte(predictions.at, since),
  )

/** How many scores of a model version were served since a time, and for how many the truth is known. */
export async function countLabels(
  tx: Tx,
  endpointId: EndpointId,
  modelVersionId: ModelVersionId,
  since: Date,
): Promise<{ readonly served: number; readonly labelled: number }> {
  const [row] = await tx
    .select({
      served: sql<number>`count(*)::int`,
      labelled: sql<number>`count(${predictions.label})::int`,
    })
    .from(predictions)
    .innerJoin(deployments, eq(deployments.id, predictions.deploymentId))
    .where(ofModel(endpointId, modelVersionId, since))
  return row ?? { served: 0, labelled: 0 }
}

/** Scores of a model version whose truth is known, newest first. */
export async function listOutcomes(
  tx: Tx,
  endpointId: EndpointId,
  modelVersionId: ModelVersionId,
  since: Date,
): Promise<Outcome[]> {
  const rows = await tx
    .select({ score: predictions.score, label: predictions.label })
    .from(predictions)
    .innerJoin(deployments, eq(deployments.id, predictions.deploymentId))
    .where(and(ofModel(endpointId, modelVersionId, since), isNotNull(predictions.label)))
    .orderBy(desc(predictions.at))
    .limit(50_000)
  return rows.flatMap(({ score, label }) => (label === null ? [] : [{ score, label }]))
}

export interface Label {
  readonly requestId: string
  readonly row: number
  readonly label: number
}

/** Join what turned out to be true to what was served. A later label replaces an earlier one. @returns how many met a score */
export async function saveLabels(
  tx: Tx,
  endpointId: EndpointId,
  labels: readonly Label[],
  by: { readonly name: string; readonly at: Date },
): Promise<number> {
  const rows = await tx.execute<{ matched: number }>(sql`
    with given as (select * from jsonb_to_recordset(${JSON.stringify(labels)}::jsonb) as ("requestId" uuid, "row" int, label float8)),
    saved as (
      update predictions set label = given.label, labelled_at = ${by.at.toISOString()}::timestamptz, labelled_by = ${by.name}
      from given
      where predictions.request_id = given."requestId" and predictions."row" = given."row" and predictions.endpoint_id = ${endpointId}
      returning 1
    )
    select count(*)::int as matched from saved`)
  return rows[0]?.matched ?? 0
}

export interface WatchedEndpoint {
  readonly id: EndpointId
  readonly engagementId: EngagementId
  readonly slug: string
  readonly modelVersionId: ModelVersionId
}

/** Every endpoint that has a live revision. */
export async function listWatchedEndpoints(tx: Tx): Promise<WatchedEndpoint[]> {
  const rows = await tx
    .select({
      id: endpoints.id,
      engagementId: endpoints.engagementId,
      slug: endpoints.slug,
      modelVersionId: deployments.modelVersionId,
    })
    .from(endpoints)
    .innerJoin(deployments, and(eq(deployments.endpointId, endpoints.id), eq(deployments.state, 'live')))
    .orderBy(asc(endpoints.id))
    .limit(5000)
  return rows.map((row) => ({
    ...row,
    id: toId<EndpointId>(row.id),
    engagementId: toId<EngagementId>(row.engagementId),
    modelVersionId: toId<ModelVersionId>(row.modelVersionId),
  }))
}

export interface AlertRuleRow {
  readonly id: string
  readonly kind: AlertKind
  readonly threshold: number
  readonly forMinutes: number
  readonly recipients: readonly AlertRecipient[]
  readonly suspends: boolean
  readonly retrains: boolean
  readonly createdBy: PersonId
  readonly createdByName: string
  readonly createdAt: Date
}

export async function listAlertRules(tx: Tx, endpointId: EndpointId): Promise<AlertRuleRow[]> {
  const rows = await tx
    .select({
      id: alertRules.id,
      kind: alertRules.kind,
      threshold: alertRules.threshold,
      forMinutes: alertRules.forMinutes,
      recipients: alertRules.recipients,
      suspends: alertRules.suspends,
      retrains: alertRules.retrains,
      createdBy: alertRules.createdBy,
      createdByName: persons.name,
      createdAt: alertRules.createdAt,
    })
    .from(alertRules)
    .innerJoin(persons, eq(persons.id, alertRules.createdBy))
    .where(and(eq(alertRules.endpointId, endpointId), isNull(alertRules.endedAt)))
    .orderBy(asc(alertRules.createdAt))
    .limit(100)
  return rows.map((row) => ({ ...row, createdBy: toId<PersonId>(row.createdBy) }))
}

export async function insertAlertRule(
  tx: Tx,
  row: {
    readonly id: string
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly kind: AlertKind
    readonly threshold: number
    readonly forMinutes: number
    readonly recipients: readonly AlertRecipient[]
    readonly suspends: boolean
    readonly retrains: boolean
    readonly createdBy: PersonId
    readonly createdAt: Date
  },
): Promise<void> {
  await tx.insert(alertRules).values({ ...row, recipients: [...row.recipients] })
}

/** End a rule. @returns false when there is no such rule, or it ended before */
export async function endAlertRule(tx: Tx, endpointId: EndpointId, id: string, at: Date): Promise<boolean> {
  const rows = await tx
    .update(alertRules)
    .set({ endedAt: at })
    .where(and(eq(alertRules.id, id), eq(alertRules.endpointId, endpointId), isNull(alertRules.endedAt)))
    .returning({ id: alertRules.id })
  return rows.length === 1
}

export interface AlertRow {
  readonly id: string
  readonly subject: string
  readonly state: AlertState
  readonly sentence: string
  readonly since: Date
  readonly openedAt: Date | null
  readonly resolvedAt: Date | null
  readonly mutedUntil: Date | null
}

const alertColumns = {
  id: alerts.id,
  subject: alerts.subject,
  state: alerts.state,
  sentence: alerts.sentence,
  since: alerts.since,
  openedAt: alerts.openedAt,
  resolvedAt: alerts.resolvedAt,
  mutedUntil: alerts.mutedUntil,
}

/** Alerts of an endpoint that were told to somebody, newest first. */
export async function listAlerts(tx: Tx, endpointId: EndpointId): Promise<AlertRow[]> {
  return tx
    .select(alertColumns)
    .from(alerts)
    .where(and(eq(alerts.endpointId, endpointId), isNotNull(alerts.openedAt)))
    .orderBy(desc(alerts.since))
    .limit(100)
}

/** Alerts of an endpoint that stand now, also those that nobody was told of yet. */
export async function listStandingAlerts(tx: Tx, endpointId: EndpointId): Promise<AlertRow[]> {
  return tx
    .select(alertColumns)
    .from(alerts)
    .where(and(eq(alerts.endpointId, endpointId), ne(alerts.state, 'resolved')))
    .limit(500)
}

export async function insertAlert(
  tx: Tx,
  row: {
    readonly id: string
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly subject: string
    readonly state: 'pending' | 'open'
    readonly sentence: string
    readonly since: Date
    readonly openedAt: Date | null
  },
): Promise<void> {
  await tx.insert(alerts).values(row)
}

export async function saveAlert(
  tx: Tx,
  id: string,
  change: {
    readonly state?: AlertState
    readonly sentence?: string
    readonly openedAt?: Date
    readonly resolvedAt?: Date
  },
): Promise<void> {
  await tx.update(alerts).set(change).where(eq(alerts.id, id))
}

/** @throws AppError `not_found` */
export async function muteAlert(
  tx: Tx,
  endpointId: EndpointId,
  id: string,
  mute: { readonly until: Date; readonly by: PersonId },
): Promise<{ readonly sentence: string }> {
  const [row] = await tx
    .update(alerts)
    .set({ mutedUntil: mute.until, mutedBy: mute.by })
    .where(and(eq(alerts.id, id), eq(alerts.endpointId, endpointId), eq(alerts.state, 'open')))
    .returning({ sentence: alerts.sentence })
  return found(row, 'This alert')
}

/** Whether somebody asked for quiet about a subject, also when it was another time that it was told. */
export async function isMuted(tx: Tx, endpointId: EndpointId, subject: string, now: Date): Promise<boolean> {
  const rows = await tx
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.endpointId, endpointId), eq(alerts.subject, subject), gt(alerts.mutedUntil, now)))
    .limit(1)
  return rows.length > 0
}

/** Windows and scores are kept for a while. @returns how many windows went */
export async function dropOldWindows(tx: Tx, before: Date): Promise<number> {
  const rows = await tx
    .delete(inferenceWindows)
    .where(lt(inferenceWindows.startsAt, before))
    .returning({ at: inferenceWindows.startsAt })
  await tx.delete(predictions).where(lt(predictions.at, before))
  return rows.length
}
