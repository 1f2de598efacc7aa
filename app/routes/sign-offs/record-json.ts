import { recordFileContent, sealFile } from '#app/server/dossier.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/**
 * The whole chain of the client's organisation, sealed, for `npm run verify-record -- --file` and `verify-dossier.mjs`.
 * Records of engagements that the viewer may not see are hashes only.
 */
export const loader = engagementLoader(async ({ tx, engagement, now, portal }) => {
  const record = await recordFileContent(tx, {
    organisationId: engagement.clientOrganisationId,
    only: null,
    until: now,
  })
  const file = await sealFile(portal.deps.dataDir, { format: 'throughline.record/1', exportedAt: now, record })
  return Response.json(file, {
    headers: { 'content-disposition': `attachment; filename="${engagement.code}-record.json"` },
  })
})
