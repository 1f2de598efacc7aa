import { Form } from '@remix-run/react'
import type { AlertState } from '#app/domain/alert.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { Time } from '#app/ui/time.tsx'

interface Alert {
  readonly id: string
  readonly state: AlertState
  readonly sentence: string
  readonly since: Date
  readonly resolvedAt: Date | null
  readonly mutedUntil: Date | null
}

/** What was told about an endpoint, newest first; an open one can be muted. */
export function AlertList({
  alerts,
  engagementId,
  endpointId,
  mayMute,
  now,
  zone,
}: {
  alerts: readonly Alert[]
  engagementId: string
  endpointId: string
  mayMute: boolean
  now: Date
  zone: string
}) {
  return (
    <ul className="grid gap-2">
      {alerts.map((alert) => {
        const isMuted = alert.mutedUntil !== null && alert.mutedUntil > now
        return (
          <li key={alert.id} className="rounded-md border border-line bg-surface px-3 py-2">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge tone={alert.state === 'resolved' ? 'unknown' : isMuted ? 'accent' : 'breach'}>
                {alert.state === 'resolved' ? 'Over' : isMuted ? 'Muted' : 'Open'}
              </Badge>
              <span>{alert.sentence}</span>
            </div>
            <p className="text-sm text-muted">
              since <Time at={alert.since} now={now} zone={zone} />
              {alert.resolvedAt === null ? null : (
                <>
                  {' '}
                  · over <Time at={alert.resolvedAt} now={now} zone={zone} />
                </>
              )}
            </p>
            {alert.state === 'open' && !isMuted && mayMute ? (
              <Form method="post" action={paths.alertMute(engagementId, endpointId, alert.id)} className="mt-2">
                <input type="hidden" name="hours" value="24" />
                <SubmitButton look="plain">Mute for a day</SubmitButton>
              </Form>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}
