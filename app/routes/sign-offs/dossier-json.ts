import { ensureAsOf } from '#app/server/as-of.ts'
import { dossierContent, sealFile } from '#app/server/dossier.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** The dossier for machines, as of `?at=`, sealed: `verify-dossier.mjs` checks it anywhere. */
export const loader = engagementLoader(async ({ tx, actor, engagement, url, now, portal }) => {
  const content = await dossierContent(tx, { actor, engagement, asOf: ensureAsOf(url, now), now })
  const file = await sealFile(portal.deps.dataDir, content)
  return Response.json(file, {
    headers: { 'content-disposition': `attachment; filename="${engagement.code}-dossier.json"` },
  })
})
