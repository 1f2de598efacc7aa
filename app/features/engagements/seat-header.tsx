import type { SeatFunction } from '#app/domain/engagement.ts'
import { SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { paths } from '#app/paths.ts'
import { PageHeader } from '#app/ui/layout.tsx'

/** The head of a page that does one thing to a seat, with the way back to the seat and to the table. */
export function SeatHeader({
  engagementId,
  seat,
  title,
  verdict,
}: {
  engagementId: string
  seat: { readonly id: string; readonly function: SeatFunction }
  title: string
  verdict: string
}) {
  return (
    <PageHeader
      crumbs={[
        { label: 'People', to: paths.table(engagementId) },
        { label: SEAT_FUNCTION_WORDS[seat.function], to: paths.seat(engagementId, seat.id) },
      ]}
      title={title}
      verdict={verdict}
    />
  )
}
