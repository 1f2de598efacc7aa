import { Link } from '@remix-run/react'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'

/** What an approval is tied to. */
export function ConditionList({
  conditions,
  engagementId,
  signOffId,
  mayMeet,
}: {
  conditions: readonly {
    readonly id: string
    readonly text: string
    readonly due: string
    readonly metAt: Date | null
    readonly metNote: string
  }[]
  engagementId: string
  signOffId: string
  mayMeet: boolean
}) {
  return (
    <ul className="grid gap-2">
      {conditions.map((condition) => (
        <li key={condition.id} className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <Badge tone={condition.metAt === null ? 'risk' : 'met'}>
            {condition.metAt === null ? `Open, by ${condition.due}` : 'Met'}
          </Badge>
          <span>{condition.text}</span>
          {condition.metNote === '' ? null : <span className="text-sm text-muted">{condition.metNote}</span>}
          {condition.metAt === null && mayMeet ? (
            <Link to={paths.conditionMet(engagementId, signOffId, condition.id)} className="text-sm">
              It is met
            </Link>
          ) : null}
        </li>
      ))}
    </ul>
  )
}
