import { Link } from '@remix-run/react'
import type { ReuseScope, ReuseStanding } from '#app/domain/reuse.ts'
import { lastDayOf, REUSE_SCOPE_WORDS } from '#app/domain/reuse.ts'
import { paths } from '#app/paths.ts'
import { ReuseBadge } from './reuse-badge.tsx'

/** To whom an endpoint is lent, newest first, and how much they ask. */
export function GrantList({
  grants,
  engagementId,
}: {
  grants: readonly {
    readonly id: string
    readonly standing: ReuseStanding
    readonly borrower: string
    readonly scope: ReuseScope
    readonly expiresAt: Date
    readonly asked: number
  }[]
  engagementId: string
}) {
  if (grants.length === 0) return <p className="text-muted">It is lent to nobody.</p>
  return (
    <ul className="grid gap-2">
      {grants.map((grant) => (
        <li key={grant.id}>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <ReuseBadge standing={grant.standing} />
            <Link to={paths.grant(engagementId, grant.id)}>{grant.borrower}</Link>
          </p>
          <p className="text-sm text-muted">
            {REUSE_SCOPE_WORDS[grant.scope]} · until {lastDayOf(grant.expiresAt)} ·{' '}
            {grant.asked.toLocaleString('en-GB')} {grant.asked === 1 ? 'question' : 'questions'}
          </p>
        </li>
      ))}
    </ul>
  )
}
