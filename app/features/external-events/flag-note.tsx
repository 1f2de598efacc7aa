import { Link } from '@remix-run/react'
import { paths } from '#app/paths.ts'
import { Callout } from '#app/ui/layout.tsx'

/** Says on the pages of an endpoint and its model what outside changed, until somebody decided. */
export function FlagNote({
  engagementId,
  flags,
  mayResolve,
}: {
  engagementId: string
  flags: readonly {
    readonly id: string
    readonly eventId: string
    readonly eventTitle: string
    readonly slug: string
  }[]
  mayResolve: boolean
}) {
  if (flags.length === 0) return null
  return (
    <Callout tone="risk">
      {flags.map((flag) => (
        <p key={flag.id}>
          The endpoint {flag.slug} is touched by{' '}
          <Link to={paths.externalEvent(engagementId, flag.eventId)}>{flag.eventTitle}</Link>; nobody has decided yet
          that it goes on.
          {mayResolve ? (
            <>
              {' '}
              <Link to={paths.resolveFlag(engagementId, flag.id)}>Decide</Link>
            </>
          ) : null}
        </p>
      ))}
    </Callout>
  )
}
