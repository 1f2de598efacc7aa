import type { ScheduleTrigger } from '#app/domain/schedule.ts'
import { TRIGGER_WORDS } from '#app/domain/schedule.ts'

/** When a schedule fires, in words. */
export function whenWords(schedule: {
  readonly trigger: ScheduleTrigger
  readonly cron: string
  readonly timeZone: string
  readonly watchedName: string | null
}): string {
  return schedule.trigger === 'time'
    ? `${schedule.cron} in ${schedule.timeZone}`
    : `${TRIGGER_WORDS[schedule.trigger]}: ${schedule.watchedName ?? '–'}`
}
