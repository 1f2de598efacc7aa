import { ensureAsOf } from '#app/server/as-of.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { askEvidence } from '#db/queries/evidence.ts'

export const handle = { policy: 'engagement' }

/** The canonical query for machines: `?at=2026-03-01T12:00`, UTC. */
export const loader = engagementLoader(async ({ tx, engagement, url, now }) => {
  const at = ensureAsOf(url, now)
  return Response.json({
    question: 'Which signed criterion does this deployed model meet, on which data, by whose approval?',
    engagement: { id: engagement.id, code: engagement.code, name: engagement.name },
    asOf: at,
    answers: await askEvidence(tx, engagement.id, at),
  })
})
