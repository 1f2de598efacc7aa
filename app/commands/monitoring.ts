import type { Actor, PersonActor } from '#app/domain/actor.ts'
import type { AlertRecipient, AlertRuleInput, EndpointFacts } from '#app/domain/alert.ts'
import { alertRefusal, isTold, nextAlertState, ruleSentence, suspendingRuleRefusal } from '#app/domain/alert.ts'
import { addCounts, driftOf } from '#app/domain/drift.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { CriterionVersionId, EndpointId, EngagementId, ModelVersionId, PersonId } from '#app/domain/ids.ts'
import type { Compliance, Realised } from '#app/domain/realised.ts'
import { complianceOf, complianceSentence, REALISED_DAYS, realisedMetric } from '#app/domain/realised.ts'
import { breachOf } from '#app/domain/suspension.ts'
import { paths } from '#app/paths.ts'
import { latencyPercentiles } from '#db/latency.ts'
import { newId } from '#db/new-id.ts'
import { findEndpointBySlug, getEndpoint } from '#db/queries/deployments.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listJudgedVersions } from '#db/queries/evaluations.ts'
import { recordEvent } from '#db/queries/events.ts'
import { dropOldHeartbeats } from '#db/queries/heartbeats.ts'
import type { AlertRow, CountedWindow, Label, WatchedEndpoint } from '#db/queries/monitoring.ts'
import {
  countLabels,
  dropOldWindows,
  endAlertRule,
  findDriftReference,
  findLastRequestAt,
  insertAlert,
  insertAlertRule,
  isMuted,
  listAlertRules,
  listOutcomes,
  listStandingAlerts,
  listWatchedEndpoints,
  listWindows,
  muteAlert,
  saveAlert,
  saveLabels,
} from '#db/queries/monitoring.ts'
import { tryLock } from '#db/queries/tasks.ts'
import type { Database, Tx } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { retrainForDrift } from './drift-retraining.ts'
import { eachApart } from './each-apart.ts'
import { suspendVersion } from './suspensions.ts'

/** Rules look at this much of the past; the metric of a criterion at the window below. */
const RULE_MINUTES = 15
const KEPT_DAYS = 400
const MUTE_HOURS_MAX = 24 * 7

/** One signed criterion on live traffic. */
export interface CriterionOnline {
  readonly id: CriterionVersionId
  readonly key: string
  readonly name: string
  readonly realised: Realised | null
  readonly state: Compliance
  /** Null while it is unmeasured. */
  readonly sentence: string | null
  /** Why the signed floor is broken; null while it is not, and when none was signed. */
  readonly broken: string | null
}

/** Every signed criterion as it turned out on live traffic of a model version, and how much of the traffic is labelled. */
export async function criteriaOnline(
  tx: Tx,
  where: { engagementId: EngagementId; endpointId: EndpointId; modelVersionId: ModelVersionId; now: Date },
): Promise<{ readonly served: number; readonly labelled: number; readonly criteria: readonly CriterionOnline[] }> {
  const since = new Date(where.now.getTime() - REALISED_DAYS * 86_400_000)
  const counts = await countLabels(tx, where.endpointId, where.modelVersionId, since)
  const outcomes = counts.labelled === 0 ? [] : await listOutcomes(tx, where.endpointId, where.modelVersionId, since)
  // What was suspended is still looked at: whoever restores it wants to know where it stands.
  const signed = (await listJudgedVersions(tx, where.engagementId)).filter(
    ({ state }) => state === 'agreed' || state === 'suspended',
  )
  const criteria = signed.map(({ id, key, content }) => {
    const realised = realisedMetric(content.metricKey, outcomes, content.confidence)
    const state = complianceOf(content, realised)
    const sentence = realised === null ? null : complianceSentence(key, content, realised, state)
    // The floor is what was signed as the point where the agreement itself is off; chance alone must not cross it.
    const broken = state === 'breach' && realised !== null ? breachOf(content, realised.value) : null
    return { id, key, name: content.name, realised, state, sentence: state === 'unmeasured' ? null : sentence, broken }
  })
  return { ...counts, criteria }
}

/** How far the scores of these windows lie from the reference of the live revision; null without one. */
export async function scoreDrift(tx: Tx, endpointId: EndpointId, windows: readonly CountedWindow[]) {
  const known = await findDriftReference(tx, endpointId)
  if (!known) return null
  const ours = windows.filter(({ deploymentId }) => deploymentId === known.deploymentId)
  return driftOf(known.reference.scores, addCounts(ours.map(({ scores }) => scores)))
}

async function factsOf(tx: Tx, endpoint: WatchedEndpoint, now: Date): Promise<EndpointFacts> {
  const windows = await listWindows(tx, endpoint.id, new Date(now.getTime() - RULE_MINUTES * 60_000))
  const last = await findLastRequestAt(tx, endpoint.id)
  const drift = await scoreDrift(tx, endpoint.id, windows)
  const sum = (of: (window: CountedWindow) => number) => windows.reduce((total, window) => total + of(window), 0)
  return {
    requests: sum(({ requests }) => requests),
    serverErrors: sum(({ serverErrors }) => serverErrors),
    latencyMsP95: latencyPercentiles(windows.map(({ latency }) => latency))?.p95 ?? null,
    minutesSilent: last === null ? null : (now.getTime() - last.getTime()) / 60_000,
    scorePsi: drift === null || drift.verdict === 'unknown' ? null : drift.psi,
  }
}

interface Suspending {
  readonly criterionVersionId: CriterionVersionId
  readonly reason: 'breach' | 'drift'
  readonly evidence: string
}

/** Something that may have to be told, true or not. */
interface Watched {
  readonly subject: string
  readonly sentence: string | null
  readonly forMinutes: number
  /** Whom it tells, beside the engagement lead. */
  readonly recipients: readonly AlertRecipient[]
  /** What is signed is suspended while this is told. */
  readonly suspends: boolean
  /** Whose rule retrains when this is told; null: none does. */
  readonly retrainsFor: PersonId | null
}

/**
 * Look at every live endpoint: open, update and resolve its alerts, and tell those whom they concern. One process at a
 * time does it; the others come back.
 */
export async function watchEndpoints(database: Database, input: { now: Date; origin: string }): Promise<void> {
  const old = new Date(input.now.getTime() - KEPT_DAYS * 86_400_000)
  await database.as({}, async (tx) => {
    await dropOldWindows(tx, old)
    await dropOldHeartbeats(tx, old)
  })
  const endpoints = await database.as({}, (tx) => listWatchedEndpoints(tx))
  await eachApart(endpoints, (endpoint) => watchEndpoint(database, endpoint, input))
}

async function watchEndpoint(
  database: Database,
  endpoint: WatchedEndpoint,
  input: { now: Date; origin: string },
): Promise<void> {
  const { broken, retrain } = await database.as({}, async (tx) => {
    if (!(await tryLock(tx, `watch:${endpoint.id}`))) return { broken: [], retrain: null }
    const standing = await listStandingAlerts(tx, endpoint.id)
    const { criteria } = await criteriaOnline(tx, { ...endpoint, endpointId: endpoint.id, now: input.now })
    const watched = await watchedOf(tx, endpoint, { criteria, now: input.now })
    for (const item of watched) {
      const before = standing.find(({ subject }) => subject === item.subject) ?? null
      await settleAlert(tx, { endpoint, item, before, ...input })
    }
    // A rule that ended, a criterion that is no longer signed: what they said is over.
    const subjects = new Set(watched.map(({ subject }) => subject))
    for (const { id, subject } of standing)
      if (!subjects.has(subject)) await saveAlert(tx, id, { state: 'resolved', resolvedAt: input.now })
    const told = await toldNow(tx, endpoint, watched, input.now)
    const drifted = told.find(({ item }) => item.suspends)?.item.sentence ?? null
    const broken = criteria.flatMap<Suspending>(({ id: criterionVersionId, broken: breach, sentence }) =>
      breach !== null
        ? [{ criterionVersionId, reason: 'breach', evidence: `${sentence ?? ''} ${breach}`.trim() }]
        : drifted !== null
          ? [{ criterionVersionId, reason: 'drift', evidence: drifted }]
          : [],
    )
    return { broken, retrain: told.find(({ item }) => item.retrainsFor !== null) ?? null }
  })
  // Apart, so that the engagement is locked before anything else is.
  if (broken.length > 0)
    await database.as({}, async (tx) => {
      const engagement = await lockEngagement(tx, endpoint.engagementId)
      for (const one of broken)
        await suspendVersion(tx, { actor: null, now: input.now }, { engagement, ...one, origin: input.origin })
    })
  if (retrain?.item.retrainsFor == null) return
  const { retrainsFor: personId, sentence } = retrain.item
  // An agreement is out of force whatever becomes of the retraining.
  await database.as({}, async (tx) => {
    const engagement = await lockEngagement(tx, endpoint.engagementId)
    const drift = { endpointId: endpoint.id, personId, alertId: retrain.alertId, sentence: sentence ?? '' }
    await retrainForDrift(tx, engagement, { ...drift, now: input.now })
  })
}

/** What is told now: its alert stands open, and nobody muted it. */
async function toldNow(
  tx: Tx,
  endpoint: WatchedEndpoint,
  watched: readonly Watched[],
  now: Date,
): Promise<{ readonly item: Watched; readonly alertId: string }[]> {
  const open = (await listStandingAlerts(tx, endpoint.id)).filter(({ state }) => state === 'open')
  const told: { item: Watched; alertId: string }[] = []
  for (const item of watched) {
    const alert = open.find(({ subject }) => subject === item.subject)
    if (alert === undefined || item.sentence === null) continue
    if (!item.suspends && item.retrainsFor === null) continue
    if (!(await isMuted(tx, endpoint.id, item.subject, now))) told.push({ item, alertId: alert.id })
  }
  return told
}

async function watchedOf(
  tx: Tx,
  endpoint: WatchedEndpoint,
  { criteria, now }: { criteria: readonly CriterionOnline[]; now: Date },
): Promise<Watched[]> {
  const rules = await listAlertRules(tx, endpoint.id)
  const facts = rules.length === 0 ? null : await factsOf(tx, endpoint, now)
  return [
    ...criteria.map(({ key, state, sentence }) => ({
      subject: `criterion:${key}`,
      sentence: state === 'at_risk' || state === 'breach' ? sentence : null,
      forMinutes: 0,
      recipients: ['signs_it'] as const,
      suspends: false,
      retrainsFor: null,
    })),
    ...rules.map((rule) => ({
      subject: `rule:${rule.id}`,
      sentence: facts && ruleSentence(rule, facts),
      forMinutes: rule.forMinutes,
      recipients: rule.recipients,
      suspends: rule.suspends,
      retrainsFor: rule.retrains ? rule.createdBy : null,
    })),
  ]
}

async function settleAlert(
  tx: Tx,
  input: { endpoint: WatchedEndpoint; item: Watched; before: AlertRow | null; now: Date; origin: string },
): Promise<void> {
  const { endpoint, item, before, now } = input
  const standing = before && before.state !== 'resolved' ? { state: before.state, since: before.since } : null
  const next = nextAlertState(standing, { isTrue: item.sentence !== null, forMinutes: item.forMinutes, now })
  const sentence = item.sentence ?? before?.sentence ?? ''
  if (next === 'resolved') {
    if (before) await saveAlert(tx, before.id, { state: 'resolved', resolvedAt: now })
    if (before?.state === 'open') await record('alert.resolved', `Over: ${sentence}`)
    return
  }
  if (next === null) {
    if (before && before.sentence !== sentence) await saveAlert(tx, before.id, { sentence })
    return
  }
  const openedAt = next === 'open' ? now : null
  if (before === null) {
    const { id: endpointId, engagementId } = endpoint
    await insertAlert(tx, {
      id: newId(),
      engagementId,
      endpointId,
      subject: item.subject,
      state: next,
      sentence,
      since: now,
      openedAt,
    })
  } else await saveAlert(tx, before.id, { state: next, sentence, openedAt: now })
  if (next !== 'open') return
  const isQuiet = await isMuted(tx, endpoint.id, item.subject, now)
  if (!isQuiet) await tell(tx, { endpoint, recipients: item.recipients, sentence, now, origin: input.origin })
  await record('alert.opened', sentence)

  async function record(kind: 'alert.opened' | 'alert.resolved', summary: string) {
    const { engagementId, id: subjectId, slug } = endpoint
    await recordEvent(tx, null, {
      kind,
      engagementId,
      subjectId,
      summary: `${slug}: ${summary}`.slice(0, 2000),
      at: now,
    })
  }
}

async function tell(
  tx: Tx,
  alert: {
    endpoint: WatchedEndpoint
    recipients: readonly AlertRecipient[]
    sentence: string
    now: Date
    origin: string
  },
): Promise<void> {
  const { endpoint, recipients } = alert
  const told = new Map<string, string>()
  for (const seat of await listSeats(tx, endpoint.engagementId))
    if (seat.personEmail !== null && seat.personName !== null && isTold(recipients, seat))
      told.set(seat.personEmail, seat.personName)
  const url = `${alert.origin}${paths.monitoring(endpoint.engagementId, endpoint.id)}`
  for (const [email, name] of told) {
    await queueMail(tx, {
      to: { name, email },
      subject: `${endpoint.slug}: ${alert.sentence}`.slice(0, 200),
      body: `${alert.sentence}\n\nThe model goes on answering. The page shows the figures behind this sentence.`,
      links: [{ label: 'See the figures', url }],
      now: alert.now,
    })
  }
}

/** Watch one more thing about an endpoint. */
export async function addAlertRule(
  ctx: CommandContext<PersonActor>,
  input: AlertRuleInput & { engagementId: EngagementId; endpointId: EndpointId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const endpoint = await getEndpoint(tx, input.engagementId, input.endpointId)
    const standing = await getStanding(tx, ctx.actor, input.engagementId)
    ensure(alertRefusal(standing))
    if (input.suspends) ensure(suspendingRuleRefusal(standing))
    if ((await listAlertRules(tx, endpoint.id)).length >= 50)
      throw new AppError('refused', 'An endpoint has at most 50 rules. End one first.')
    await insertAlertRule(tx, {
      id: newId(),
      ...input,
      createdBy: ctx.actor.personId,
      createdAt: ctx.now,
    })
  })
}

/** Stop watching. Ending a rule twice is ending it once. */
export async function removeAlertRule(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; ruleId: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const endpoint = await getEndpoint(tx, input.engagementId, input.endpointId)
    ensure(alertRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
    await endAlertRule(tx, endpoint.id, input.ruleId, ctx.now)
  })
}

/** Keep an open alert quiet for some hours; it stays on the page. */
export async function muteOpenAlert(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; alertId: string; hours: number },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const endpoint = await getEndpoint(tx, input.engagementId, input.endpointId)
    ensure(alertRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
    const hours = Math.min(input.hours, MUTE_HOURS_MAX)
    const until = new Date(ctx.now.getTime() + hours * 3_600_000)
    const { sentence } = await muteAlert(tx, endpoint.id, input.alertId, { until, by: ctx.actor.personId })
    await recordEvent(tx, ctx.actor, {
      kind: 'alert.muted',
      engagementId: input.engagementId,
      subjectId: endpoint.id,
      summary: `${ctx.actor.name} muted for ${String(hours)} h: ${sentence}`.slice(0, 2000),
      at: ctx.now,
    })
  })
}

/**
 * Join late truth to what was served.
 * @returns how many of the labels met a score that is kept
 * @throws AppError `refused` in an engagement that has ended: what was measured of it stays as it was
 */
export async function recordLabels(
  ctx: CommandContext<Actor>,
  input: { slug: string; labels: readonly Label[] },
): Promise<number> {
  return transact(ctx, async (tx) => {
    const endpoint = found(await findEndpointBySlug(tx, input.slug), 'This endpoint')
    ensure(endedRefusal((await getEngagement(tx, endpoint.engagementId)).state))
    return saveLabels(tx, endpoint.id, input.labels, { name: ctx.actor.name, at: ctx.now })
  })
}
