import type { SeatRow } from '#db/queries/seats.ts'

/** The people at a table, each once, with where they are from. */
export function inviteesOf(
  seats: readonly SeatRow[],
): { readonly personId: string; readonly name: string; readonly organisation: string }[] {
  const people = seats.flatMap((seat) =>
    seat.personId === null || seat.personName === null
      ? []
      : [{ personId: seat.personId, name: seat.personName, organisation: seat.organisationName ?? '' }],
  )
  return [...new Map(people.map((person) => [person.personId, person])).values()]
}
