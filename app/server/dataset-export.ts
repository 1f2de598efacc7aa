import type { DatasetVersionId, EngagementId } from '#app/domain/ids.ts'
import type { DatasetVersionRow } from '#db/queries/datasets.ts'
import { getDatasetVersion, listDatasetDependants, listDatasetVersions } from '#db/queries/datasets.ts'
import type { Tx } from '#db/types.ts'
import type { RequestContext } from './context.server.ts'
import { EXPORT_PAGE_ROWS, exportPages, pageOf } from './export.ts'

/** Every version of an engagement's data with its terms, as the pages show them. */
export function datasetPages(portal: RequestContext, engagementId: EngagementId) {
  return exportPages<ExportedDataset, { readonly name: string; readonly version: number }>(
    portal,
    async (tx, after) => {
      const limit = EXPORT_PAGE_ROWS + 1
      const rows = await listDatasetVersions(tx, engagementId, after === null ? { limit } : { after, limit })
      return pageOf(rows.map(exportedDataset), ({ name, version }) => ({ name, version }))
    },
  )
}

export type ExportedDataset = ReturnType<typeof exportedDataset>

export function exportedDataset(row: DatasetVersionRow) {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    description: row.description,
    digest: row.digest,
    sha256: row.sha256,
    rows: row.profile.rows,
    positives: row.profile.positives,
    columns: row.profile.columns,
    source: row.source,
    sourceNote: row.sourceNote,
    licence: row.licence,
    state: row.state,
    stateReason: row.stateReason,
    legalBasis: row.legalBasis,
    purposes: row.purposes,
    residency: row.residency,
    retainUntil: row.retainUntil,
    knownSince: row.createdAt.toISOString(),
  }
}

/** What the page of one version says. */
export async function gatherDataset(tx: Tx, engagementId: EngagementId, id: DatasetVersionId) {
  const version = await getDatasetVersion(tx, engagementId, id)
  return {
    fileName: `${version.name}-v${String(version.version)}`,
    dataset: exportedDataset(version),
    dependants: await listDatasetDependants(tx, engagementId, version.id),
  }
}
