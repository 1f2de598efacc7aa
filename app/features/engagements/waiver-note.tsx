import { Link } from '@remix-run/react'
import { paths } from '#app/paths.ts'
import { Callout } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'

/** An open waiver, on every page of its engagement until it is closed. */
export function WaiverNote({
  engagementId,
  waiver,
  mayRevoke,
  now,
  zone,
}: {
  engagementId: string
  mayRevoke: boolean
  waiver: {
    readonly reason: string
    readonly risk: string
    readonly approvedByName: string
    readonly createdAt: Date
    readonly expiresAt: Date
  }
  now: Date
  zone: string
}) {
  const isOver = new Date(waiver.expiresAt) <= new Date(now)
  return (
    <Callout tone={isOver ? 'breach' : 'risk'}>
      <span className="font-semibold">
        {isOver ? 'The waiver of the readiness gate has expired.' : 'The readiness gate is waived.'}
      </span>{' '}
      {waiver.approvedByName}, <Time at={waiver.createdAt} zone={zone} />, until{' '}
      <Time at={waiver.expiresAt} zone={zone} />. Reason: {waiver.reason} Risk: {waiver.risk}
      {mayRevoke ? (
        <>
          {' '}
          <Link to={paths.revokeWaiver(engagementId)}>Take it back</Link>
        </>
      ) : null}
    </Callout>
  )
}
