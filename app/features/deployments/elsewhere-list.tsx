import { Badge } from '#app/ui/badge.tsx'
import { CodeBlock } from '#app/ui/layout.tsx'
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
  address,
  now,
  zone,
}: {
  deployments: readonly Deployment[]
  /** The version that is live here; null: none is. */
  liveVersion: number | null
  address: string
  now: Date
  zone: string
}) {
  const differs = (version: number) => liveVersion !== null && liveVersion !== version
  const body =
    '{"deployment": "kiosk-7", "model_version": 1, "window_start": "2026-03-02T09:00:00Z", "interval_seconds": 3600, "requests": 120, "errors": 0}'
  return (
    <>
      {deployments.length === 0 ? (
        <p className="mb-3 text-muted">
          No deployment outside has reported. One that runs on a device or at the client says so once in a while:
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
      <CodeBlock label="A deployment elsewhere reports; the same window again replaces what was said">
        {`curl ${address} \\\n  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n  -d '${body}'`}
      </CodeBlock>
    </>
  )
}
