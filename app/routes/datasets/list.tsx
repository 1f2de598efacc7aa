import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { getStorage } from '#app/commands/storage.ts'
import { freshDataRefusal, importRefusal } from '#app/domain/dataset.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { sizeWords } from '#app/domain/storage.ts'
import { DatasetBadge } from '#app/features/dataset-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { Code, EmptyState, ExportLinks, PageHeader } from '#app/ui/layout.tsx'
import type { DatasetVersionRow } from '#db/queries/datasets.ts'
import { listDatasetVersions } from '#db/queries/datasets.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Data · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, portal }) => ({
  engagementId,
  datasets: (await listDatasetVersions(tx, engagementId)).map((row) => ({ ...row, engagementId })),
  mayImport: freshDataRefusal(standing, engagement.state) === null,
  mayBringPublic: importRefusal(standing) === null,
  storage: isTeam(standing) ? await getStorage(tx, engagementId, portal.deps.blobs) : null,
}))

const COLUMNS: readonly Column<DatasetVersionRow & { readonly engagementId: string }>[] = [
  {
    id: 'name',
    header: 'Dataset',
    value: (row) => row.name,
    cell: (row) => (
      <>
        <Link to={paths.dataset(row.engagementId, row.id)} className="font-semibold">
          {row.name} v{row.version}
        </Link>
        {row.description === '' ? null : <span className="block text-sm text-muted">{row.description}</span>}
      </>
    ),
  },
  {
    id: 'rows',
    header: 'Rows',
    value: (row) => row.profile.rows,
    cell: (row) => row.profile.rows?.toLocaleString('en-GB') ?? '–',
    isNumeric: true,
  },
  {
    id: 'positives',
    header: 'Positive',
    value: (row) => row.profile.positives,
    cell: (row) => row.profile.positives?.toLocaleString('en-GB') ?? '–',
    isNumeric: true,
  },
  { id: 'digest', header: 'Digest', value: (row) => row.digest, cell: (row) => <Code>{row.digest}</Code> },
  {
    id: 'source',
    header: 'Source',
    value: (row) => row.source,
    cell: (row) => (
      <>
        {row.source === 'import' ? 'Imported' : 'Named by a client only'}
        <span className="block text-sm text-muted">
          {[row.sourceNote, row.licence].filter((text) => text !== '').join(' · ')}
        </span>
      </>
    ),
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.state,
    cell: (row) => <DatasetBadge state={row.state} />,
  },
]

export default function Datasets() {
  const { engagementId, datasets, mayImport, mayBringPublic, storage } = useLoaderData<typeof loader>()
  const start = mayImport ? (
    <>
      <LinkButton to={paths.importDataset(engagementId)} look="primary">
        Import a file
      </LinkButton>
      {mayBringPublic ? <LinkButton to={paths.publicDataset(engagementId)}>Use public data</LinkButton> : null}
    </>
  ) : undefined
  return (
    <>
      <PageHeader
        title="On which data?"
        verdict="Every version by its digest. A verdict counts only on the very bytes that the signed criterion names."
        action={start}
      />
      <DataTable
        caption="Dataset versions"
        rows={datasets}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title="No data yet" action={start}>
            Datasets appear here when a run names them (MLflow log_input). A criterion can then name one.
          </EmptyState>
        }
      />
      {datasets.length === 0 ? null : (
        <p className="mt-3 text-sm text-muted">
          All of it as a file:{' '}
          <ExportLinks csv={paths.datasetsCsv(engagementId)} json={paths.datasetsJson(engagementId)} />
        </p>
      )}
      {storage === null ? null : (
        <p className="mt-4 text-sm text-muted">
          Files of this engagement take {sizeWords(storage.usedBytes)} of{' '}
          <Link to={paths.storageLimit(engagementId)}>{sizeWords(storage.limitBytes)}</Link>.
          {storage.usedBytes < storage.limitBytes
            ? null
            : ' Nothing more is taken until the firm’s owner or an executive sets another limit.'}
        </p>
      )}
    </>
  )
}
