import { Link } from '@remix-run/react'
import { paths } from '#app/paths.ts'

interface Dependant {
  readonly kind: 'run' | 'model_version' | 'deployment' | 'criterion'
  readonly id: string
  readonly name: string
  readonly how: string
}

const KIND_WORDS = {
  criterion: 'Criterion',
  deployment: 'Deployment',
  model_version: 'Model version',
  run: 'Run',
} as const

/** Everything that would be touched when the data may no more be used. */
export function DependantsList({
  engagementId,
  dependants,
}: {
  engagementId: string
  dependants: readonly Dependant[]
}) {
  if (dependants.length === 0) return <p className="text-muted">Nothing yet.</p>
  return (
    <ul className="grid gap-1">
      {dependants.map((one) => (
        <li key={`${one.kind} ${one.id} ${one.how}`} className="flex flex-wrap items-baseline gap-x-3">
          <span className="w-28 text-sm text-muted">{KIND_WORDS[one.kind]}</span>
          {one.kind === 'run' ? (
            <Link to={paths.run(engagementId, one.id)}>{one.name}</Link>
          ) : one.kind === 'model_version' ? (
            <Link to={paths.modelVersion(engagementId, one.id)}>{one.name}</Link>
          ) : one.kind === 'criterion' ? (
            <Link to={paths.criterion(engagementId, one.id)}>{one.name}</Link>
          ) : (
            one.name
          )}
          <span className="text-sm text-muted">{one.how.replaceAll('_', ' ')}</span>
        </li>
      ))}
    </ul>
  )
}
