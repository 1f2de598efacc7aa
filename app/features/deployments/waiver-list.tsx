import { Form } from '@remix-run/react'
import type { WaiverState } from '#app/domain/gate-waiver.ts'
import { WAIVER_STATE_WORDS } from '#app/domain/gate-waiver.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField } from '#app/ui/field.tsx'
import { Time } from '#app/ui/time.tsx'

interface Waiver {
  readonly id: string
  readonly state: WaiverState
  readonly items: readonly { readonly key: string; readonly label: string }[]
  readonly reason: string
  readonly risk: string
  readonly days: number
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly decidedByName: string | null
  readonly expiresAt: Date | null
  /** Why the reader cannot decide it; null when they can. */
  readonly decideReason: string | null
}

const TONE = { requested: 'accent', active: 'risk', refused: 'unknown', expired: 'unknown' } as const

/** Waivers of a version, with the decision for whoever may take it. */
export function WaiverList({
  waivers,
  engagementId,
  zone,
  asksPassword,
}: {
  waivers: readonly Waiver[]
  engagementId: string
  zone: string
  asksPassword: boolean
}) {
  return (
    <ul className="grid gap-3">
      {waivers.map((waiver) => (
        <li key={waiver.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={TONE[waiver.state]}>{WAIVER_STATE_WORDS[waiver.state]}</Badge>
            <span className="text-sm text-muted">
              asked for by {waiver.requestedByName}, <Time at={waiver.requestedAt} zone={zone} />, for {waiver.days}{' '}
              {waiver.days === 1 ? 'day' : 'days'}
              {waiver.decidedByName === null ? '' : ` · decided by ${waiver.decidedByName}`}
              {waiver.expiresAt === null ? null : (
                <>
                  {' '}
                  · until <Time at={waiver.expiresAt} zone={zone} />
                </>
              )}
            </span>
          </div>
          <p className="prose-width mt-1">{waiver.reason}</p>
          <p className="prose-width text-muted">Risk: {waiver.risk}</p>
          <p className="prose-width text-sm text-muted">
            Lets pass: {waiver.items.map((item) => item.label).join('; ')}
          </p>
          {waiver.state === 'requested' ? (
            <Form
              method="post"
              action={paths.waiverDecision(engagementId, waiver.id)}
              className="mt-2 flex flex-wrap items-end gap-2"
            >
              {asksPassword && waiver.decideReason === null ? (
                <TextField
                  name="password"
                  label="Your password"
                  type="password"
                  autoComplete="current-password"
                  hint="The risk tier of this engagement asks for it with every decision."
                />
              ) : null}
              <SubmitButton name="outcome" value="granted" disabledReason={waiver.decideReason}>
                Grant it
              </SubmitButton>
              {waiver.decideReason === null ? (
                <SubmitButton name="outcome" value="refused" look="danger">
                  Refuse it
                </SubmitButton>
              ) : null}
            </Form>
          ) : null}
        </li>
      ))}
    </ul>
  )
}
