import { Link } from '@remix-run/react'
import type { Level, RegisterKind, RegisterState } from '#app/domain/register.ts'
import { nextRegisterStates, REGISTER_STATE_WORDS } from '#app/domain/register.ts'
import { paths } from '#app/paths.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge, Visibility } from '#app/ui/badge.tsx'

const TONES: Readonly<Record<RegisterState, Tone>> = {
  open: 'risk',
  unvalidated: 'risk',
  taken: 'accent',
  confirmed: 'met',
  refuted: 'breach',
  expired: 'risk',
  closed: 'unknown',
}

/** Entries of one register, with what rests on them. */
export function RegisterList({
  items,
  dependants,
  engagementId,
  empty,
}: {
  items: readonly {
    readonly id: string
    readonly key: string
    readonly kind: RegisterKind
    readonly title: string
    readonly body: string
    readonly state: RegisterState
    readonly ownerName: string | null
    readonly likelihood: Level
    readonly impact: Level
    readonly due: string | null
    readonly sourceRule: string
    readonly audience: 'team' | 'shared'
    readonly settledNote: string
    readonly meetingId: string | null
  }[]
  dependants: readonly { readonly itemId: string; readonly criterionId: string; readonly criterionKey: string }[]
  engagementId: string
  empty: string
}) {
  if (items.length === 0) return <p className="text-muted">{empty}</p>
  return (
    <ul className="grid gap-2">
      {items.map((item) => {
        const resting = dependants.filter((one) => one.itemId === item.id)
        return (
          <li key={item.id} id={item.key} className="rounded-md border border-line bg-surface px-3 py-2">
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="font-semibold">
                {item.key} {item.title}
              </span>
              <Badge tone={TONES[item.state]}>{REGISTER_STATE_WORDS[item.state]}</Badge>
              <Visibility sharedWith={item.audience === 'shared' ? 'client' : 'team'} />
              {nextRegisterStates(item.kind, item.state).length === 0 ? null : (
                <Link to={paths.settleRegisterItem(engagementId, item.id)} className="text-sm">
                  Settle it
                </Link>
              )}
            </p>
            {item.body === '' ? null : <p className="prose-width whitespace-pre-line">{item.body}</p>}
            <p className="text-sm text-muted">
              {item.kind === 'risk' ? `likelihood ${item.likelihood}, impact ${item.impact} · ` : ''}
              {item.ownerName ?? 'nobody'} answers for it
              {item.due === null ? '' : ` · due ${item.due}`}
              {item.sourceRule === '' ? '' : ` · opened by the rule “${item.sourceRule}”`}
              {item.settledNote === '' ? '' : ` · ${item.settledNote}`}
              {item.meetingId === null ? null : (
                <>
                  {' · '}
                  <Link to={paths.meeting(engagementId, item.meetingId)}>from a meeting</Link>
                </>
              )}
            </p>
            {resting.length === 0 ? null : (
              <p className="text-sm">
                Rests on it:{' '}
                {resting.map((one, index) => (
                  <span key={one.criterionId}>
                    {index === 0 ? '' : ', '}
                    <Link to={paths.criterion(engagementId, one.criterionId)}>{one.criterionKey}</Link>
                  </span>
                ))}
              </p>
            )}
          </li>
        )
      })}
    </ul>
  )
}
