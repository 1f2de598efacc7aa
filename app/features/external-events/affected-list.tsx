import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { Affected } from '#app/domain/external-event.ts'
import { paths } from '#app/paths.ts'
import { Definitions } from '#app/ui/layout.tsx'

/** Names shown of one kind; the others are counted. */
const NAMES_MAX = 12

/** Everything that an event reaches in one engagement, each with a link to it. */
export function AffectedList({ engagementId, affected }: { engagementId: string; affected: Affected }) {
  const detailed = (name: string, detail: string) => (detail === '' ? name : `${name} (${detail.replaceAll('_', ' ')})`)
  const rows: readonly (readonly [
    string,
    readonly { readonly id: string; readonly to: string; readonly name: string }[],
  ])[] = [
    [
      'Data',
      affected.datasets.map(({ id, name, detail }) => ({
        id,
        name: detailed(name, detail),
        to: paths.dataset(engagementId, id),
      })),
    ],
    [
      'Criteria and agreements',
      affected.criteria.map(({ id, name, detail, criterionId }) => ({
        id,
        name: detailed(name, detail),
        to: paths.criterion(engagementId, criterionId),
      })),
    ],
    [
      'Runs',
      affected.runs.map(({ id, name, detail }) => ({
        id,
        name: detailed(name, detail),
        to: paths.run(engagementId, id),
      })),
    ],
    [
      'Model versions',
      affected.modelVersions.map(({ id, name, detail }) => ({
        id,
        name: detailed(name, detail),
        to: paths.modelVersion(engagementId, id),
      })),
    ],
    [
      'Endpoints that serve it',
      affected.endpoints.map(({ id, slug }) => ({ id, name: slug, to: paths.endpoint(engagementId, id) })),
    ],
  ]
  return (
    <>
      <Definitions
        rows={rows.map(([term, things]) => ({ term: `${term}: ${String(things.length)}`, value: names(things) }))}
      />
      {affected.isCut ? <p className="mt-2 text-sm text-muted">There is more than is listed here.</p> : null}
    </>
  )
}

function names(things: readonly { readonly id: string; readonly to: string; readonly name: string }[]): ReactNode {
  if (things.length === 0) return '–'
  return (
    <>
      {things.slice(0, NAMES_MAX).map((thing, index) => (
        <span key={thing.id}>
          {index === 0 ? '' : ', '}
          <Link to={thing.to}>{thing.name}</Link>
        </span>
      ))}
      {things.length <= NAMES_MAX ? '' : ` and ${String(things.length - NAMES_MAX)} more`}
    </>
  )
}
