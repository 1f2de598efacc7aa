import { Link } from '@remix-run/react'
import type { GateItem } from '#app/domain/deployment.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'

/** Every condition for going live, with what is missing and who can give it. */
export function GateList({
  gate,
  engagementId,
  maySwitch = false,
}: {
  gate: readonly GateItem[]
  engagementId: string
  maySwitch?: boolean
}) {
  return (
    <ul className="grid gap-2">
      {gate.map((item) => (
        <li key={item.key} className="rounded-md border border-line bg-surface px-3 py-2">
          <div className="flex flex-wrap items-center gap-x-3">
            <Badge tone={item.isMet ? 'met' : 'breach'}>{item.isMet ? 'Met' : 'Unmet'}</Badge>
            {item.criterionId === null ? (
              <span className="font-semibold">{item.label}</span>
            ) : (
              <Link to={paths.criterion(engagementId, item.criterionId)} className="font-semibold">
                {item.label}
              </Link>
            )}
          </div>
          <p className="prose-width mt-1 text-muted">{item.because}</p>
          {item.switchedOff === undefined ? null : (
            <p className="prose-width mt-1">
              <Badge tone="unknown">Switched off</Badge> {item.switchedOff}
            </p>
          )}
          {maySwitch && item.criterionId !== null ? (
            <p className="mt-1 text-sm">
              <Link to={paths.gateSwitch(engagementId, item.criterionId)}>
                {item.switchedOff === undefined ? 'Switch it off as a condition' : 'Switch it on again'}
              </Link>
            </p>
          ) : null}
        </li>
      ))}
    </ul>
  )
}
