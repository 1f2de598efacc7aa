import { Time } from '#app/ui/time.tsx'

export interface ShownMove {
  readonly kind: 'alias' | 'stage'
  readonly name: string
  readonly fromVersion: number | null
  readonly toVersion: number | null
  readonly actorName: string
  readonly at: Date | string
}

/** Where the aliases and stages of a model stood when, newest first. */
export function MovesList({ moves, zone }: { moves: readonly ShownMove[]; zone: string }) {
  if (moves.length === 0)
    return <p className="text-muted">No alias was ever set, and no version was ever moved to a stage.</p>
  return (
    <ul className="grid gap-1">
      {moves.map((move, at) => (
        <li key={at} className="flex flex-wrap items-baseline gap-x-3">
          <span>{sentenceOf(move)}</span>
          <span className="text-sm text-muted">
            <Time at={move.at} zone={zone} /> by {move.actorName}
          </span>
        </li>
      ))}
    </ul>
  )
}

function sentenceOf({ kind, name, fromVersion, toVersion }: ShownMove): string {
  const before = fromVersion === null ? '' : `, from version ${String(fromVersion)}`
  if (kind === 'stage') return `Version ${String(toVersion)} went to the stage “${name}”`
  return toVersion === null
    ? `“${name}” was taken away${before}`
    : `“${name}” went to version ${String(toVersion)}${before}`
}
