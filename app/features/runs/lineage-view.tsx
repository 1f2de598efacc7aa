import { Link } from '@remix-run/react'
import type { LineageKind } from '#app/domain/lineage.ts'
import { LINEAGE_KINDS } from '#app/domain/lineage.ts'
import { paths } from '#app/paths.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Section } from '#app/ui/layout.tsx'

interface Node {
  readonly kind: LineageKind
  readonly id: string
  readonly name: string
  readonly detail: string
  readonly partOf: { readonly id: string; readonly number: number } | null
  readonly direction: 'start' | 'up' | 'down'
}

const KIND_WORDS: Readonly<Record<LineageKind, string>> = {
  decision: 'Decisions',
  criterion_version: 'Criteria',
  dataset: 'Data',
  code: 'Code',
  run: 'Runs',
  evaluation: 'Verdicts',
  environment: 'Environments',
  model_version: 'Model versions',
  deployment: 'Deployments',
}

/** Both directions as lists by kind; each thing leads to its own page and to its own lineage. */
export function LineageView({ engagementId, nodes }: { engagementId: string; nodes: readonly Node[] }) {
  return (
    <div className="grid gap-x-8 lg:grid-cols-2">
      {(['up', 'down'] as const).map((direction) => {
        const own = nodes.filter((node) => node.direction === direction)
        return (
          <Section key={direction} title={direction === 'up' ? 'It rests on' : 'This rests on it'}>
            {own.length === 0 ? <p className="text-muted">Nothing that was recorded.</p> : null}
            {LINEAGE_KINDS.filter((kind) => own.some((node) => node.kind === kind)).map((kind) => (
              <div key={kind} className="mb-4">
                <h3 className="mb-1 text-sm font-semibold text-muted">{KIND_WORDS[kind]}</h3>
                <ul className="grid gap-1">
                  {own
                    .filter((node) => node.kind === kind)
                    .map((node) => (
                      <li key={node.id} className="flex flex-wrap items-baseline gap-x-3">
                        <Name engagementId={engagementId} node={node} />
                        <span className="text-sm text-muted">{node.detail.replaceAll('_', ' ')}</span>
                        <Link to={paths.lineage(engagementId, `${node.kind}:${node.id}`)} className="text-sm">
                          lineage<span className="sr-only"> of {node.name}</span>
                        </Link>
                      </li>
                    ))}
                </ul>
              </div>
            ))}
          </Section>
        )
      })}
    </div>
  )
}

function Name({ engagementId, node }: { engagementId: string; node: Node }) {
  const to = pageOf(engagementId, node)
  return to === null ? <span className="wrap-anywhere">{node.name}</span> : <Link to={to}>{node.name}</Link>
}

/** Leads to the page of what is traced. */
export function StartLink({ engagementId, node }: { engagementId: string; node: Node }) {
  const to = pageOf(engagementId, node)
  return to === null ? null : <LinkButton to={to}>Open {node.name}</LinkButton>
}

/** The page of a thing, or of what it is part of; null for what has none. */
function pageOf(engagementId: string, { kind, id, partOf }: Node): string | null {
  switch (kind) {
    case 'run':
      return paths.run(engagementId, id)
    case 'dataset':
      return paths.dataset(engagementId, id)
    case 'model_version':
      return paths.modelVersion(engagementId, id)
    case 'decision':
      return paths.decision(engagementId, id)
    case 'criterion_version':
    case 'evaluation':
      return partOf && `${paths.criterion(engagementId, partOf.id)}?version=${String(partOf.number)}`
    case 'deployment':
      return partOf && paths.endpoint(engagementId, partOf.id)
    case 'code':
    case 'environment':
      return null
    default:
      return kind satisfies never
  }
}
