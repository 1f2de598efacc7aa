import { offsetMs, wallOf, wallTime } from './zone.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Which minutes a schedule names. Source: crontab(5) of POSIX, with ranges, steps and names as in Vixie cron. */
export interface Cron {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>
  /** When both kinds of days are named, a day of either kind will do. */
  readonly isEitherDay: boolean
  /** Every hour is named by `*`: it goes by the time that passes, not by what the clock shows. */
  readonly isEveryHour: boolean
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const FIELDS = [
  { what: 'minute', low: 0, high: 59, names: [] },
  { what: 'hour', low: 0, high: 23, names: [] },
  { what: 'day of the month', low: 1, high: 31, names: [] },
  { what: 'month', low: 1, high: 12, names: MONTHS },
  { what: 'day of the week', low: 0, high: 7, names: DAYS },
] as const

/** Read five fields: minute, hour, day of the month, month, day of the week. @returns what is wrong with it, as a sentence */
export function parseCron(text: string): Cron | string {
  const written = text.trim().toLowerCase().split(/\s+/)
  if (text.length > 200 || written.length !== 5)
    return 'Write five fields: minute, hour, day of the month, month, day of the week, such as 30 6 * * 1-5.'
  const sets: ReadonlySet<number>[] = []
  for (const [index, field] of FIELDS.entries()) {
    const values = fieldValues(written[index] ?? '', field)
    if (typeof values === 'string') return values
    sets.push(values)
  }
  const [minutes, hours, daysOfMonth, months, week] = sets
  if (!minutes || !hours || !daysOfMonth || !months || !week) return 'Write five fields.'
  const cron: Cron = {
    minutes: [...minutes].sort((a, b) => a - b),
    hours: [...hours].sort((a, b) => a - b),
    daysOfMonth,
    months,
    daysOfWeek: new Set([...week].map((day) => day % 7)),
    isEitherDay: !written[2]?.startsWith('*') && !written[4]?.startsWith('*'),
    isEveryHour: written[1]?.startsWith('*') ?? false,
  }
  return nextFirings(cron, 'UTC', new Date(0), 1).length === 0 ? 'There is no such day in any year.' : cron
}

function fieldValues(
  text: string,
  field: { readonly what: string; readonly low: number; readonly high: number; readonly names: readonly string[] },
): Set<number> | string {
  const wrong = `The ${field.what} “${text}” cannot be read: use numbers from ${String(field.low)} to ${String(field.high)}, *, lists, ranges and steps.`
  const valueOf = (word: string) => {
    const named = field.names.indexOf(word)
    const value = named >= 0 ? named + (field.what === 'month' ? 1 : 0) : /^\d{1,2}$/.test(word) ? Number(word) : NaN
    return value >= field.low && value <= field.high ? value : NaN
  }
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    const [from = '', to, ...rest] = range.split('-')
    const first = range === '*' ? field.low : valueOf(from)
    const last =
      range === '*' ? field.high : to !== undefined ? valueOf(to) : step !== undefined ? field.high : valueOf(from)
    const by = step === undefined ? 1 : /^\d{1,2}$/.test(step) ? Number(step) : NaN
    if (more.length > 0 || rest.length > 0 || !(first <= last) || !(by >= 1)) return wrong
    for (let value = first; value <= last; value += by) values.add(value)
  }
  return values
}

/** Days that are looked through for the next firing: a 29 February comes within eight years. */
const DAYS_MAX = 8 * 366 + 2

/**
 * The next moments at which a schedule fires in a time zone, in order.
 *
 * Where the clocks go forward, a time that they skip fires once, at the moment at which it would have been by the clocks
 * from before (02:30 fires when they show 03:30). Where they go back, a time that they show twice fires the first time
 * only; a schedule for every hour (`*` in its second field) goes by the time that passes and fires both times. No moment
 * fires twice.
 * @param after the first one is later than this
 */
export function nextFirings(cron: Cron, zone: string, after: Date, count: number): Date[] {
  const firings: number[] = []
  const today = Math.floor(wallOf(after, zone).getTime() / DAY_MS)
  // A day early: what its clocks skip may fire on the next.
  for (let day = today - 1; day < today + DAYS_MAX && firings.length < count; day += 1) {
    const start = day * DAY_MS
    if (!isOnDay(cron, new Date(start))) continue
    const moments = momentsOfDay(cron, zone, start).filter((at) => at > after.getTime())
    firings.push(...moments.filter((at) => !firings.includes(at)))
  }
  return firings
    .sort((a, b) => a - b)
    .slice(0, count)
    .map((at) => new Date(at))
}

function isOnDay(cron: Cron, day: Date): boolean {
  if (!cron.months.has(day.getUTCMonth() + 1)) return false
  const isOfMonth = cron.daysOfMonth.has(day.getUTCDate())
  const isOfWeek = cron.daysOfWeek.has(day.getUTCDay())
  return cron.isEitherDay ? isOfMonth || isOfWeek : isOfMonth && isOfWeek
}

/** Moments of one day of the clocks, in order, each once. @param start midnight, written as if it were UTC */
function momentsOfDay(cron: Cron, zone: string, start: number): number[] {
  const before = offsetMs(new Date(start - DAY_MS), zone)
  const isUsual = before === offsetMs(new Date(start + 2 * DAY_MS), zone)
  const moments = new Set<number>()
  for (const hour of cron.hours)
    for (const minute of cron.minutes) {
      const wall = start + (hour * 60 + minute) * MINUTE_MS
      for (const at of isUsual ? [wall - before] : momentsOf(cron, zone, wall)) moments.add(at)
    }
  return [...moments].sort((a, b) => a - b)
}

function momentsOf(cron: Cron, zone: string, wall: number): number[] {
  const shown = wallTime(new Date(wall), zone)
  switch (shown.kind) {
    case 'once':
      return [shown.at.getTime()]
    case 'twice':
      return cron.isEveryHour ? [shown.first.getTime(), shown.second.getTime()] : [shown.first.getTime()]
    case 'never':
      return [shown.before.getTime()]
    default:
      return shown satisfies never
  }
}
