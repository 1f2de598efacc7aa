import { Link } from '@remix-run/react'
import type { VersionState } from '#app/domain/criterion.ts'
import { Time } from '#app/ui/time.tsx'
import { VersionBadge } from '../version-badge.tsx'

/** Every version with the time in which it was in force. @param path of the page that shows them */
export function VersionList({
  versions,
  shown,
  path,
  zone,
}: {
  versions: readonly {
    readonly version: number
    readonly state: VersionState
    readonly createdAt: Date
    readonly agreedAt: Date | null
    readonly endedAt: Date | null
  }[]
  shown: number
  path: string
  zone: string
}) {
  return (
    <ol className="grid gap-2">
      {versions.map((version) => (
        <li key={version.version} className="flex flex-wrap items-center gap-3">
          <Link
            to={`${path}?version=${String(version.version)}`}
            aria-current={version.version === shown ? 'true' : undefined}
          >
            Version {version.version}
          </Link>
          <VersionBadge state={version.state} />
          <span className="text-sm text-muted">
            written <Time at={version.createdAt} zone={zone} />
            {version.agreedAt === null ? null : (
              <>
                {' '}
                · in force from <Time at={version.agreedAt} zone={zone} />
                {version.endedAt === null ? null : (
                  <>
                    {' '}
                    until <Time at={version.endedAt} zone={zone} />
                  </>
                )}
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}
