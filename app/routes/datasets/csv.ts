import { datasetPages } from '#app/server/dataset-export.ts'
import { csvDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

const HEADER = [
  ...['name', 'version', 'state', 'state_reason', 'description', 'digest', 'sha256', 'rows', 'positives', 'columns'],
  ...['source', 'source_note', 'licence', 'legal_basis', 'purposes', 'residency', 'retain_until', 'known_since'],
]

/** Every version of the data, with its terms. */
export const loader = engagementLoader(({ engagement, portal }) => {
  return Promise.resolve(csvDownload(`data-${engagement.code}.csv`, HEADER, lines()))

  async function* lines() {
    for await (const rows of datasetPages(portal, engagement.id))
      yield rows.map((row) => [
        ...[row.name, row.version, row.state, row.stateReason, row.description, row.digest, row.sha256, row.rows],
        ...[row.positives, row.columns.join('; '), row.source, row.sourceNote, row.licence, row.legalBasis],
        ...[row.purposes.join('; '), row.residency, row.retainUntil, row.knownSince],
      ])
  }
})
