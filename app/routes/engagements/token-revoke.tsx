import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { endToken } from '#app/commands/tokens.ts'
import type { TokenId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.tokens(params['engagementId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  await endToken(ctx, { engagementId, tokenId: toId<TokenId>(params['tokenId']) })
  return redirect(paths.tokens(engagementId))
})

export default function RevokeToken() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.tokens(engagementId)}
      backLabel="Back to the tokens"
    />
  )
}
