/** The time that `?at=` names, in UTC; now when it names none or cannot be read. */
export function asOf(
  url: URL,
  now: Date,
): { readonly at: Date; readonly typed: string; readonly error: string | null } {
  const asked = url.searchParams.get('at') ?? ''
  const fallback = now.toISOString().slice(0, 16)
  if (asked === '') return { at: now, typed: fallback, error: null }
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z?)?$/.exec(asked)
  const at = match ? new Date(`${match[1] ?? ''}T${match[2] ?? '23:59'}:59.999Z`) : new Date(NaN)
  if (Number.isNaN(at.getTime()))
    return { at: now, typed: fallback, error: 'This is not a time, so the answer is for now.' }
  return { at, typed: at.toISOString().slice(0, 16), error: null }
}
