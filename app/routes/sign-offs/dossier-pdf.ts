import { ensureAsOf } from '#app/server/as-of.ts'
import { dossierContent, sealFile } from '#app/server/dossier.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { printDossier } from '#app/server/record-pdf.server.ts'

export const handle = { policy: 'engagement' }

/** The dossier for people, as of `?at=`. */
export const loader = engagementLoader(async ({ tx, actor, engagement, url, now, portal }) => {
  const content = await dossierContent(tx, { actor, engagement, asOf: ensureAsOf(url, now), now })
  const { seal } = await sealFile(portal.deps.dataDir, content)
  const pdf = await printDossier(content, seal)
  return new Response(new Uint8Array(pdf), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${engagement.code}-dossier.pdf"`,
    },
  })
})
