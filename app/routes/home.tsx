import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { isStaff } from '#app/domain/actor.ts'
import { ClientHome } from '#app/features/home/client-home.tsx'
import { StaffHome } from '#app/features/home/staff-home.tsx'
import { pageLoader } from '#app/server/page.server.ts'
import { listEngagements } from '#db/queries/engagements.ts'
import { listCriterionStandings } from '#db/queries/portfolio.ts'
import { listMyRecentJobs } from '#db/queries/jobs.ts'
import { listGrantsToDecide } from '#db/queries/reuse.ts'
import { listInvitations } from '#db/queries/seats.ts'
import { listOpenSignOffs } from '#db/queries/sign-offs.ts'
import { listRetrainingsToDecide, listWaiting } from '#db/queries/waiting.ts'
import { findTimer } from '#db/queries/work.ts'

export const handle = { policy: 'signed-in', isViewable: true }
export const meta: MetaFunction = () => [{ title: 'Throughline' }]

export const loader = pageLoader(async ({ tx, actor, now }) => ({
  now,
  name: actor.name,
  zone: actor.timeZone,
  isOurs: isStaff(actor),
  engagements: await listEngagements(tx),
  asks: await listOpenSignOffs(tx),
  retrainings: isStaff(actor) ? [] : await listRetrainingsToDecide(tx, actor.personId),
  grants: isStaff(actor) ? [] : await listGrantsToDecide(tx, actor.personId, now),
  invitations: isStaff(actor) ? [] : await listInvitations(tx, actor.personId),
  waiting: isStaff(actor) ? await listWaiting(tx, actor.personId) : [],
  standings: await listCriterionStandings(tx, null),
  jobs: isStaff(actor) ? await listMyRecentJobs(tx, actor.personId) : [],
  timer: isStaff(actor) ? await findTimer(tx, actor.personId) : null,
}))

export default function Home() {
  const data = useLoaderData<typeof loader>()
  return data.isOurs ? <StaffHome {...data} /> : <ClientHome {...data} />
}
