import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { revokeReuse } from '#app/commands/reuse.ts'
import type { GrantId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { reuseStanding, revokeReuseRefusal } from '#app/domain/reuse.ts'
import { prose } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getGrant } from '#db/queries/reuse.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Take it back · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing, now }) => {
  const grant = await getGrant(tx, engagementId, toId<GrantId>(params['grantId']))
  return { engagementId, grant, refusal: revokeReuseRefusal(standing, reuseStanding(grant, now))?.reason ?? null }
})

export const action = engagementAction(
  z.object({ reason: prose(1000, 'A reason', 1) }),
  async ({ ctx, engagementId, params, form }) => {
    const grantId = toId<GrantId>(params['grantId'])
    await revokeReuse(ctx, { engagementId, grantId, reason: form.reason })
    return redirect(paths.grant(engagementId, grantId))
  },
)

export default function RevokeGrant() {
  const { engagementId, grant, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: grant.slug, to: paths.endpoint(engagementId, grant.endpointId) },
          { label: 'Use elsewhere', to: paths.grant(engagementId, grant.id) },
        ]}
        title="Take it back"
        verdict={`The next question of ${grant.borrower} is refused. Your reason stays here; they do not read it.`}
      />
      <AskReason
        state={problemOf(useActionData<typeof action>())}
        verb="Take it back"
        look="danger"
        disabledReason={refusal}
      />
    </>
  )
}
