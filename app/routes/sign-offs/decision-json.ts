import type { DecisionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getDecision } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }

/** A receipt: the record and what was shown, to be checked anywhere by two SHA-256 sums. */
export const loader = engagementLoader(async ({ tx, engagementId, params }) => {
  const decision = await getDecision(tx, engagementId, toId<DecisionId>(params['decisionId']))
  return Response.json(
    {
      body: decision.body,
      hash: decision.hash,
      prevHash: decision.prevHash,
      document: decision.document,
      subjectHash: decision.subjectHash,
    },
    { headers: { 'content-disposition': `attachment; filename="decision-${String(decision.seq)}.json"` } },
  )
})
