import type { DecisionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { printDecision } from '#app/server/record-pdf.server.ts'
import { getDecision } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }

/** One decision with exactly what was shown, to print and keep. */
export const loader = engagementLoader(async ({ tx, engagementId, params }) => {
  const decision = await getDecision(tx, engagementId, toId<DecisionId>(params['decisionId']))
  const pdf = await printDecision(decision)
  return new Response(new Uint8Array(pdf), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="decision-${String(decision.seq)}.pdf"`,
    },
  })
})
