import { Link } from '@remix-run/react'
import { Badge } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'

interface Deployment {
  readonly name: string
  readonly modelVersion: number
  readonly reportedAt: Date
  readonly reportedBy: string
  readonly requests: number
  readonly errors: number
  readonly isSilent: boolean
}

/** Deployments of a model that run elsewhere, as they said themselves, and how one begins to say it. */
export function ElsewhereList({
  deployments,
  liveVersion,
  developersPath,
  now,
  zone,
}: {
  deployments: readonly Deployment[]
  /** The version that is live here; null: none is. */
  liveVersion: number | null
  /** Where it stands how a deployment reports. */
  developersPath: string
  now: Date
  zone: string
}) {
  const differs = (version: number) => liveVersion !== null && liveVersion !== version
  return (
    <>
      {deployments.length === 0 ? (
        <p className="text-muted">
          No deployment outside has reported.{' '}
          <Link to={developersPath}>How one that runs on a device or at the client does</Link>
        </p>
      ) : (
        <ul className="mb-3 grid gap-2">
          {deployments.map((one) => (
            <li key={one.name} className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge tone={one.isSilent ? 'breach' : 'met'}>{one.isSilent ? 'Silent' : 'Reports'}</Badge>
              <span className="font-semibold break-words">{one.name}</span>
              <span>
                version {one.modelVersion}
                {differs(one.modelVersion) ? `, here version ${String(liveVersion)} is live` : ''}
              </span>
              <span className="text-muted">
                {one.requests.toLocaleString('en-GB')} requests, {one.errors.toLocaleString('en-GB')} failed, last heard{' '}
                <Time at={one.reportedAt} now={now} zone={zone} />, by {one.reportedBy}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
