import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { isId } from './ids.ts'
import { day, isDay, line, prose } from './text.ts'
import { timeZoneName, wallClock, wallTime } from './zone.ts'

export const MEETING_STATES = ['planned', 'held', 'cancelled'] as const
export type MeetingState = (typeof MEETING_STATES)[number]

export const MEETING_STATE_WORDS: Readonly<Record<MeetingState, string>> = {
  planned: 'Planned',
  held: 'Held',
  cancelled: 'Cancelled',
}

/** What a point of the agenda is about: a thing of the record that is open, or a point of its own. */
export const POINT_SUBJECTS = ['own', 'sign_off', 'ask', 'register_item', 'change'] as const
export type PointSubject = (typeof POINT_SUBJECTS)[number]

/** Points on one agenda at most. */
export const POINTS_MAX = 60

const ATTENDEE = /^attendee-(.+)$/
const ATTENDEES_MAX = 200

/**
 * A meeting as its form sends it. The start is what the clocks of the named zone show; people are ticked as `attendee-<id>`.
 * A start that the clocks skip is refused, one that they show twice is the first of the two.
 */
export const MeetingForm = z
  .object({
    title: line(160, 'A title'),
    start: wallClock,
    timeZone: timeZoneName,
    lengthMinutes: z.coerce
      .number({ error: 'Give the length in minutes.' })
      .int('Give whole minutes.')
      .min(5, 'At least 5 minutes.')
      .max(1440, 'At most a day: 1,440 minutes.'),
    place: prose(500, 'The place').default(''),
  })
  .catchall(z.string())
  .transform((form, check) => {
    const { title, start, timeZone, lengthMinutes, place, ...rest } = form
    const wall = wallTime(new Date(`${start.slice(0, 16)}:00Z`), timeZone)
    if (wall.kind === 'never') {
      const message = `The clocks in ${timeZone} go forward over this time; it does not exist on that day.`
      check.addIssue({ code: 'custom', path: ['start'], message })
      return z.NEVER
    }
    const attendeeIds = Object.keys(rest).flatMap((name) => {
      const id = ATTENDEE.exec(name)?.[1]
      return id !== undefined && isId(id) ? [id] : []
    })
    if (attendeeIds.length > ATTENDEES_MAX)
      check.addIssue({ code: 'custom', path: ['attendees'], message: `At most ${String(ATTENDEES_MAX)} people.` })
    return { title, timeZone, lengthMinutes, place, startsAt: wall.kind === 'once' ? wall.at : wall.first, attendeeIds }
  })
export type MeetingInput = z.infer<typeof MeetingForm>

/** `<start as ISO 8601>_<id>` of the last meeting of the page before; null for anything else. */
export function readMeetingCursor(text: string | null): { readonly startsAt: Date; readonly id: string } | null {
  const [, start = '', id = ''] = /^([0-9T:.Z-]{24})_(.{36})$/.exec(text ?? '') ?? []
  const startsAt = new Date(start)
  return isId(id) && isDay(start.slice(0, 10)) && !Number.isNaN(startsAt.getTime()) ? { startsAt, id } : null
}

export const AudienceForm = z.object({
  /** Made by the page that showed the form, so that a form sent twice plans one meeting. */
  meetingId: z.string().refine(isId, 'Open the page again.'),
  audience: z.enum(['team', 'shared'], { error: 'Choose who sees it.' }),
})

/** The version of what the form started from. */
const startedFrom = z.coerce.number().int().min(0)

export const MeetingChangeForm = z.object({ sequence: startedFrom })
export const PointForm = z.object({ text: line(300, 'The point') })
export const MinutesForm = z.object({
  text: line(300, 'The point'),
  minutes: prose(20_000, 'The minutes'),
  version: startedFrom,
})
export const MeetingReasonForm = z.object({ reason: prose(1000, 'The reason', 1) })
export const CorrectionForm = z.object({ text: prose(4000, 'The correction', 1) })
export const OutcomeForm = z.object({
  kind: z.enum(['decision', 'action'], { error: 'Choose what it is.' }),
  title: line(200, 'What was decided or is to be done'),
  body: prose(4000, 'The description').default(''),
  ownerId: z.string().refine(isId, 'Choose who answers for it.'),
  due: day('The day')
    .nullable()
    .or(z.literal('').transform(() => null))
    .default(null),
})
export type OutcomeInput = z.infer<typeof OutcomeForm>

/** Who plans meetings and writes their minutes. */
export function meetingRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) ? null : { reason: 'The team plans meetings and writes the minutes.' }
}

/** What was held or cancelled stands as it is. */
export function openMeetingRefusal(state: MeetingState): Refusal | null {
  switch (state) {
    case 'planned':
      return null
    case 'held':
      return { reason: 'The minutes are closed. What is wrong in them can be corrected by an addition.' }
    case 'cancelled':
      return { reason: 'This meeting was cancelled.' }
    default:
      return state satisfies never
  }
}

/** Closing freezes the minutes: not before the meeting has begun. */
export function closeRefusal(
  standing: Standing,
  meeting: { readonly state: MeetingState; readonly startsAt: Date },
  now: Date,
): Refusal | null {
  return (
    meetingRefusal(standing) ??
    openMeetingRefusal(meeting.state) ??
    (now < meeting.startsAt ? { reason: 'It has not begun yet: minutes are closed after the meeting.' } : null)
  )
}

export function correctionRefusal(standing: Standing, state: MeetingState): Refusal | null {
  return (
    meetingRefusal(standing) ??
    (state === 'held' ? null : { reason: 'Only closed minutes are corrected; open ones can be changed.' })
  )
}
