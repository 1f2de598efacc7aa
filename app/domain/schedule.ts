import { z } from 'zod'
import type { Cron } from './cron.ts'
import { nextFirings, parseCron } from './cron.ts'
import { JOB_PRIORITIES } from './job.ts'
import { line } from './text.ts'
import { timeZoneName } from './zone.ts'

export const SCHEDULE_TRIGGERS = ['time', 'data_arrived', 'dataset_published'] as const
export type ScheduleTrigger = (typeof SCHEDULE_TRIGGERS)[number]

export const TRIGGER_WORDS: Readonly<Record<ScheduleTrigger, string>> = {
  time: 'At times',
  data_arrived: 'When new data arrives',
  dataset_published: 'When a version of the data is published',
}

/** What happens to a firing while a job of the same schedule still runs. */
export const OVERLAPS = ['skip', 'queue', 'parallel'] as const
export type Overlap = (typeof OVERLAPS)[number]

export const OVERLAP_WORDS: Readonly<Record<Overlap, string>> = {
  skip: 'Skip it',
  queue: 'Let it wait until the job has ended',
  parallel: 'Start it beside the job',
}

/** What happens to times that went by while no worker was there. */
export const MISFIRES = ['skip', 'once', 'all'] as const
export type Misfire = (typeof MISFIRES)[number]

export const MISFIRE_WORDS: Readonly<Record<Misfire, string>> = {
  skip: 'Leave them out',
  once: 'Make up for the last of them',
  all: 'Make up for each of them',
}

export const FIRING_STATES = ['waiting', 'started', 'skipped', 'missed', 'refused'] as const
export type FiringState = (typeof FIRING_STATES)[number]

export const FIRING_STATE_WORDS: Readonly<Record<FiringState, string>> = {
  waiting: 'Waits',
  started: 'Started',
  skipped: 'Skipped',
  missed: 'Missed',
  refused: 'Refused',
}

/** A firing that is later than this was missed. */
export const MISFIRE_GRACE_SECONDS = 60
/** Firings of one schedule that wait for its job at most. */
export const WAITING_MAX = 10
/** Times that are looked at in one go; what is left comes in the next round, seconds later. */
const DUE_MAX = 100

/** What a person says of a schedule, beside the job that it starts. */
export const ScheduleForm = z
  .looseObject({
    name: line(120, 'A name'),
    trigger: z.enum(SCHEDULE_TRIGGERS, { error: 'Choose when it fires.' }),
    cron: z.string().trim().max(200).default(''),
    timeZone: timeZoneName,
    watch: z.enum(['train', 'test']).default('train'),
    overlap: z.enum(OVERLAPS, { error: 'Choose one.' }),
    misfire: z.enum(MISFIRES, { error: 'Choose one.' }),
    priority: z.enum(JOB_PRIORITIES).default('normal'),
    requestKey: z.uuid('Open the page again.'),
  })
  .superRefine((form, check) => {
    const cron = form.trigger === 'time' ? parseCron(form.cron) : null
    if (typeof cron === 'string') check.addIssue({ code: 'custom', path: ['cron'], message: cron })
  })

export interface Due {
  /** Times to start for, in order. */
  readonly fire: readonly Date[]
  readonly missed: readonly Date[]
  /** The first time that is not among these; null when there is none any more. */
  readonly nextAt: Date | null
}

/**
 * What to do about the times of a schedule from `nextAt` until now.
 * @param nextAt the first time that was not dealt with yet
 */
export function dueFirings(input: {
  readonly cron: Cron
  readonly timeZone: string
  readonly misfire: Misfire
  readonly nextAt: Date
  readonly now: Date
}): Due {
  const { cron, timeZone, misfire, now } = input
  const times = [input.nextAt, ...nextFirings(cron, timeZone, input.nextAt, DUE_MAX)]
  const due = times.filter((at) => at <= now).slice(0, DUE_MAX)
  const nextAt = times[due.length] ?? null
  const isLate = (at: Date) => now.getTime() - at.getTime() > MISFIRE_GRACE_SECONDS * 1000
  const isLast = (at: Date) => at === due.at(-1) && (nextAt === null || nextAt > now)
  const isFired = (at: Date) => !isLate(at) || misfire === 'all' || (misfire === 'once' && isLast(at))
  return { fire: due.filter(isFired), missed: due.filter((at) => !isFired(at)), nextAt }
}
