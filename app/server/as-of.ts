import { AppError } from '#app/domain/errors.ts'

/** The time that `?at=` names, in UTC; now when it names none, cannot be read, or is still to come: nobody knows that. */
export function asOf(
  url: URL,
  now: Date,
): { readonly at: Date; readonly typed: string; readonly error: string | null } {
  const asked = url.searchParams.get('at') ?? ''
  const forNow = (error: string | null) => ({ at: now, typed: now.toISOString().slice(0, 16), error })
  if (asked === '') return forNow(null)
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z?)?$/.exec(asked)
  const [, day = '', minute] = match ?? []
  const at = new Date(`${day}T${minute ?? '23:59'}:59.999Z`)
  if (Number.isNaN(at.getTime())) return forNow('This is not a time.')
  if (new Date(`${day}T${minute ?? '00:00'}:00Z`) > now) return forNow('This time is still to come.')
  return at > now ? forNow(null) : { at, typed: at.toISOString().slice(0, 16), error: null }
}

/** As asOf, for machines and files, which would take an answer about now for one about then. @throws AppError `invalid` */
export function ensureAsOf(url: URL, now: Date): Date {
  const { at, error } = asOf(url, now)
  if (error !== null)
    throw new AppError('invalid', `${error} Ask with at=YYYY-MM-DDThh:mm in UTC, for a time until now.`)
  return at
}
