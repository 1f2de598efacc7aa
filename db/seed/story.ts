import { moveEngagement } from '#app/commands/engagements.ts'
import type { CriterionInput } from '#app/domain/criterion.ts'
import { CriterionForm } from '#app/domain/criterion.ts'
import { satisfies } from '#app/domain/verdict.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listCriterionStandings } from '#db/queries/portfolio.ts'
import type { Cast } from './people.ts'
import {
  ensureCriterion,
  ensureDataset,
  ensureDeliverables,
  ensureEngagement,
  ensureLive,
  ensureProblemSigned,
  ensureSeat,
  ensureWork,
  trainAll,
} from './steps.ts'
import type { Tracked } from './tracking.ts'
import type { World } from './world.ts'
import { acting, asking, dayOf } from './world.ts'

/** A criterion as a person would type it. */
function criterion(typed: Readonly<Record<string, string>>): CriterionInput {
  return CriterionForm.parse({ targetHigh: '', confidencePercent: '95', weight: '1', reviewBy: '', unit: '', ...typed })
}

/** Rests until another engagement of the same client is live: signed before all the others. */
export async function seedPaused(world: World, { people, clients }: Cast): Promise<void> {
  const { lead, scientist, dana } = people
  const paused = await ensureEngagement(world, lead, {
    name: 'Strikes by season',
    client: clients.airline,
    daysAgo: 55,
    problem: 'Planning wants to know how many strikes to expect each month. The work rests until the triage is live.',
    decisionSupported: 'How many inspectors work at night, by month.',
    affectedPeople: 'Planning.',
    inScope: 'Counts by month',
    outOfScope: 'Single flights',
    targetEnd: undefined,
  })
  const by = { lead, client: dana, engagementId: paused }
  await ensureSeat(world, { ...by, daysAgo: 54 }, { person: dana, function: 'sponsor', raci: 'A' })
  await ensureSeat(world, { ...by, daysAgo: 54 }, { person: scientist, function: 'data_scientist', raci: 'R' })
  const live = await ensureDataset(world, { who: scientist, engagementId: paused, daysAgo: 53 }, 'birdstrikes-live')
  await ensureProblemSigned(world, { ...by, sentDaysAgo: 53, signedDaysAgo: 52 })
  await ensureCriterion(world, by, [
    {
      form: criterion({
        name: 'Average error of the monthly count',
        why: 'Planning can absorb about twenty strikes a month more or less.',
        metricKey: 'mae',
        direction: 'lower',
        unit: 'strikes',
        baseline: '34',
        baselineAt: dayOf(world, 54),
        baselineSource: 'Illustrative for this demonstration: last year’s count',
        target: '20',
        datasetVersionId: live,
        protocol: 'Each month of the set is forecast from the months before it.',
        minimumRows: '30',
        decisionRule: 'point',
      }),
      draftedDaysAgo: 53,
      sentDaysAgo: 52,
      signedDaysAgo: 51,
    },
  ])
  await pause(world, lead, paused)
}

/** Signed, trained, live, and judged: the whole thread. */
export async function seedBirdStrikes(world: World, { people, clients }: Cast): Promise<Tracked> {
  const { lead, scientist, dana, jon } = people
  const engagementId = await ensureEngagement(world, lead, {
    name: 'Bird-strike damage triage',
    client: clients.airline,
    daysAgo: 40,
    problem:
      'Every reported bird strike is inspected in the order in which the reports arrive. About one in ten strikes damaged the aircraft, and those wait behind the others. We want to know which reports probably mean damage, as soon as they arrive.',
    decisionSupported: 'Which aircraft the night shift inspects first.',
    affectedPeople:
      'Night-shift inspectors, who get another order of work; maintenance planning, which sees delays earlier.',
    inScope: 'Reports of strikes as the FAA collects them\nAn order of inspection for each night',
    outOfScope: 'Whether an aircraft may fly\nThe cost of a repair',
    targetEnd: dayOf(world, -60),
  })
  const by = { lead, client: dana, engagementId }
  await ensureSeat(world, { ...by, daysAgo: 39 }, { person: scientist, function: 'data_scientist', raci: 'R' })
  await ensureSeat(world, { ...by, daysAgo: 39 }, { person: dana, function: 'sponsor', raci: 'A' })
  await ensureSeat(world, { ...by, daysAgo: 38 }, { person: jon, function: 'domain_expert', raci: 'C' })
  const train = await ensureDataset(world, { who: scientist, engagementId, daysAgo: 37 }, 'birdstrikes-train')
  const holdout = await ensureDataset(world, { who: scientist, engagementId, daysAgo: 37 }, 'birdstrikes-holdout')
  await ensureDataset(world, { who: scientist, engagementId, daysAgo: 37 }, 'birdstrikes-live')
  await ensureProblemSigned(world, { ...by, sentDaysAgo: 36, signedDaysAgo: 35 })

  const ranking = {
    name: 'Rank damaging strikes first',
    why: 'An inspector who works from the top of the list should meet the damaged aircraft early in the shift.',
    metricKey: 'roc_auc',
    direction: 'higher',
    baseline: '0.61',
    baselineAt: dayOf(world, 38),
    baselineSource: 'Illustrative for this demonstration: the order by size of the animal alone',
    datasetVersionId: holdout,
    protocol: 'Learned from strikes before 1998 only; measured once on all strikes of 1998 and 1999.',
    minimumRows: '1500',
    decisionRule: 'point',
  }
  const first = {
    form: criterion({ ...ranking, target: '0.75' }),
    draftedDaysAgo: 36,
    sentDaysAgo: 35,
    signedDaysAgo: 34,
  }
  const second = {
    form: criterion({ ...ranking, target: '0.78' }),
    draftedDaysAgo: 12,
    sentDaysAgo: 11,
    signedDaysAgo: 9,
  }
  await ensureCriterion(world, by, [first])
  await ensureCriterion(world, by, [
    {
      form: criterion({
        name: 'Miss few damaged aircraft',
        why: 'A damaged aircraft at the end of the list costs a cancelled flight in the morning.',
        metricKey: 'recall',
        direction: 'higher',
        baseline: '0.42',
        baselineAt: dayOf(world, 38),
        baselineSource: 'Illustrative for this demonstration: what the rule by size of the animal finds',
        target: '0.6',
        datasetVersionId: holdout,
        protocol: 'Strikes are called at the threshold that was chosen on the training rows.',
        minimumRows: '1500',
        decisionRule: 'point',
      }),
      draftedDaysAgo: 33,
      sentDaysAgo: 32,
      signedDaysAgo: 30,
    },
  ])
  // After the other one was signed, as it happened: a client's decisions are one chain.
  await ensureCriterion(world, by, [first, second])
  await ensureDeliverables(world, by, [
    { title: 'Ranking service for the night shift', due: dayOf(world, -20) },
    { title: 'Hand-over to the maintenance planners', due: dayOf(world, -50) },
  ])
  await ensureWork(world, engagementId, [
    { who: lead, line: '2h definition with Dana and Jon #C1', daysAgo: 35 },
    { who: scientist, line: '6h30 cleaning the strike reports #C1', daysAgo: 30 },
    { who: scientist, line: '4h threshold and recall #C2', daysAgo: 15 },
    { who: scientist, line: '3h service and its example #D1', daysAgo: 3 },
    { who: lead, line: '1h30 question about cargo claims', daysAgo: 8 },
  ])
  const shared = { recipe: 'bird-strike-damage', train, test: holdout }
  await trainAll(world, { who: scientist, engagementId }, [
    { ...shared, key: 'birds-boosting', runName: 'Boosting, 80 trees', parameters: { iterations: '80' } },
    {
      ...shared,
      key: 'birds-flight',
      runName: 'Flight only, logistic',
      parameters: { algorithm: 'logistic', features: 'flight-only', iterations: '25', learning_rate: '0.02' },
    },
    {
      ...shared,
      key: 'birds-logistic',
      runName: 'Logistic regression',
      parameters: { algorithm: 'logistic', iterations: '25', learning_rate: '0.02' },
    },
  ])
  const best = await bestRun(world, by)
  if (best !== null)
    await ensureLive(world, { who: scientist, engagementId }, { name: 'bird-strike-damage', runId: best })
  return { engagementId, name: 'Bird-strike damage triage', who: scientist }
}

/** Measured, not live: one criterion is met, another waits for a signature. */
export async function seedWeather(world: World, { people, clients }: Cast): Promise<void> {
  const { lead, scientist, wei } = people
  const engagementId = await ensureEngagement(world, lead, {
    name: 'Tomorrow’s temperature for load planning',
    client: clients.grid,
    daysAgo: 25,
    problem:
      'The evening shift orders reserve power from tomorrow’s maximum temperature. It takes today’s temperature, which is off by several degrees on days when the weather turns.',
    decisionSupported: 'How much reserve power is ordered for the next day.',
    affectedPeople: 'The two planners of the evening shift.',
    inScope: 'Maximum temperature of the next day\nOne forecast each evening',
    outOfScope: 'Load itself\nForecasts beyond one day',
    targetEnd: dayOf(world, -40),
  })
  const by = { lead, client: wei, engagementId }
  await ensureSeat(world, { ...by, daysAgo: 24 }, { person: scientist, function: 'data_scientist', raci: 'R' })
  await ensureSeat(world, { ...by, daysAgo: 24 }, { person: wei, function: 'sponsor', raci: 'A' })
  const train = await ensureDataset(world, { who: scientist, engagementId, daysAgo: 23 }, 'weather-train')
  const holdout = await ensureDataset(world, { who: scientist, engagementId, daysAgo: 23 }, 'weather-holdout')
  await ensureProblemSigned(world, { ...by, sentDaysAgo: 23, signedDaysAgo: 22 })
  const error = {
    why: 'Each degree of error is about one reserve unit too many or too few.',
    direction: 'lower',
    unit: '°C',
    baselineAt: dayOf(world, 24),
    baselineSource: 'Illustrative for this demonstration: tomorrow as warm as today',
    datasetVersionId: holdout,
    protocol: 'Learned from 2012 to 2014; measured once on every day of 2015.',
    minimumRows: '300',
  }
  await ensureCriterion(world, by, [
    {
      form: criterion({
        ...error,
        name: 'Typical error',
        metricKey: 'rmse',
        baseline: '3.3',
        target: '2.9',
        decisionRule: 'confidence_bound',
      }),
      draftedDaysAgo: 23,
      sentDaysAgo: 22,
      signedDaysAgo: 21,
    },
  ])
  await ensureCriterion(world, by, [
    {
      form: criterion({
        ...error,
        name: 'Average error',
        metricKey: 'mae',
        baseline: '2.5',
        target: '1.5',
        decisionRule: 'point',
      }),
      draftedDaysAgo: 4,
      sentDaysAgo: 2,
      signedDaysAgo: null,
    },
  ])
  await ensureWork(world, engagementId, [
    { who: lead, line: '1h30 definition with Wei #C1', daysAgo: 22 },
    { who: scientist, line: '5h lags and season #C1', daysAgo: 10 },
    { who: scientist, line: '2h slides for another team', daysAgo: 6 },
  ])
  const shared = { recipe: 'next-day-temperature', train, test: holdout }
  await trainAll(world, { who: scientist, engagementId }, [
    { ...shared, key: 'weather-three', runName: 'Three days, closed form', parameters: { days: '3' } },
    { ...shared, key: 'weather-one', runName: 'Today only', parameters: { days: '1' } },
  ])
}

/** One that waits for its first signature too long, and one that was only begun. */
export async function seedOthers(world: World, { people, clients }: Cast): Promise<void> {
  const { lead, sofia, dana } = people
  const waiting = await ensureEngagement(world, lead, {
    name: 'Which sailings will run late',
    client: clients.ferries,
    daysAgo: 14,
    problem: 'Passengers learn of a late sailing at the quay. The harbour log knows the reasons hours earlier.',
    decisionSupported: 'Whether passengers are told to take another sailing.',
    affectedPeople: 'Passengers; the people at the ticket desk, who answer fewer questions.',
    inScope: 'Delays of more than fifteen minutes',
    outOfScope: 'Cancelled sailings',
    targetEnd: undefined,
  })
  await ensureSeat(
    world,
    { lead, engagementId: waiting, daysAgo: 13 },
    { person: sofia, function: 'sponsor', raci: 'A' },
  )
  await ensureProblemSigned(world, { lead, client: sofia, engagementId: waiting, sentDaysAgo: 8, signedDaysAgo: null })
  await ensureWork(world, waiting, [{ who: lead, line: '3h first talks at the harbour', daysAgo: 12 }])

  const begun = await ensureEngagement(world, lead, {
    name: 'Spare parts for the autumn',
    client: clients.airline,
    daysAgo: 3,
    problem: 'Spare parts are ordered by habit. We look at whether last year’s repairs say more.',
    decisionSupported: 'How many of each part are ordered before October.',
    affectedPeople: '',
    inScope: 'The hundred parts that are used most',
    outOfScope: '',
    targetEnd: undefined,
  })
  await ensureSeat(world, { lead, engagementId: begun, daysAgo: 3 }, { person: dana, function: 'sponsor', raci: 'A' })
}

async function pause(world: World, lead: Cast['people']['lead'], engagementId: EngagementId): Promise<void> {
  const engagement = await asking(world, lead, (tx) => getEngagement(tx, engagementId))
  if (engagement.state === 'active') await moveEngagement(acting(world, lead, 20), { engagementId, to: 'paused' })
}

/** The run that satisfies every signed criterion and is best by the first; null when none does. */
async function bestRun(world: World, by: { lead: Cast['people']['lead']; engagementId: EngagementId }) {
  const standings = await asking(world, by.lead, (tx) => listCriterionStandings(tx, [by.engagementId]))
  const [first] = standings
  const isMet = standings.every(({ content, now }) => now !== null && satisfies(content, now.verdict))
  return first?.now && isMet ? toRunId(first.now.runId) : null
}
