import { csvDownload } from '#app/server/export.ts'
import { modelPages } from '#app/server/model-export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

const HEADER = [
  ...['model', 'version', 'aliases', 'stage', 'state', 'signature', 'deployments', 'verdicts', 'run_id', 'run_name'],
  ...['source', 'description', 'registered_by', 'registered_at'],
]

/** Every registered version. */
export const loader = engagementLoader(({ engagement, portal }) => {
  return Promise.resolve(csvDownload(`models-${engagement.code}.csv`, HEADER, lines()))

  async function* lines() {
    for await (const rows of modelPages(portal, engagement.id))
      yield rows.map((row) => [
        ...[row.model, row.version, row.aliases.join('; '), row.stage, row.state, row.signature],
        row.deployments.map((one) => `${one.endpoint} r${String(one.revision)} ${one.state}`).join('; '),
        row.verdicts.map((one) => `${one.key} v${String(one.version)} ${one.verdict}`).join('; '),
        ...[row.runId, row.runName, row.source, row.description, row.registeredBy, row.registeredAt],
      ])
  }
})
