import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { SeatFunction } from '#app/domain/engagement.ts'
import { SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { SIGN_OFF_STATE_WORDS } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { Time } from '#app/ui/time.tsx'

export type WaitingItem = {
  readonly id: string
  readonly engagementId: string
  readonly engagementName: string
  readonly at: Date
} & (
  | { readonly kind: 'came_back'; readonly title: string; readonly state: SignOffState }
  | { readonly kind: 'ask'; readonly text: string; readonly askedBy: string }
  | { readonly kind: 'invitation'; readonly function: SeatFunction }
  | { readonly kind: 'flag'; readonly slug: string; readonly eventTitle: string }
  | { readonly kind: 'retraining'; readonly slug: string; readonly comparison: string }
)

/** What the reader has to do something about, each with the page where it is done. */
export function WaitingList({ items, now, zone }: { items: readonly WaitingItem[]; now: Date; zone: string }) {
  return (
    <ul className="grid gap-2">
      {items.map((item) => {
        const { to, label, words } = said(item)
        return (
          <li key={item.id}>
            <Link to={to}>{label}</Link>
            <div className="text-sm text-muted">
              {item.engagementName} · {words} <Time at={item.at} now={now} zone={zone} />
            </div>
          </li>
        )
      })}
    </ul>
  )
}

const ASK_SHOWN_MAX = 120

function said(item: WaitingItem): { to: string; label: string; words: ReactNode } {
  switch (item.kind) {
    case 'came_back':
      return {
        to: paths.signOff(item.engagementId, item.id),
        label: item.title,
        words: `${SIGN_OFF_STATE_WORDS[item.state]}; send a new version. Since`,
      }
    case 'ask':
      return {
        to: paths.scope(item.engagementId),
        label: item.text.length > ASK_SHOWN_MAX ? `${item.text.slice(0, ASK_SHOWN_MAX)}…` : item.text,
        words: `${item.askedBy} asks for this, and hears no answer yet. Since`,
      }
    case 'flag':
      return {
        to: paths.resolveFlag(item.engagementId, item.id),
        label: `Decide on the endpoint ${item.slug}`,
        words: `${item.eventTitle} touches it. Flagged`,
      }
    case 'retraining':
      return {
        to: paths.retraining(item.engagementId, item.id),
        label: `Does the retrained model of ${item.slug} go live?`,
        words: `${item.comparison} Retrained`,
      }
    case 'invitation':
      return {
        to: paths.seat(item.engagementId, item.id),
        label: `Take the seat “${SEAT_FUNCTION_WORDS[item.function]}”`,
        words: 'you were invited',
      }
  }
}
