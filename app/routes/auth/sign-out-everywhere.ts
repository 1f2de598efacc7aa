import { redirect } from '@remix-run/node'
import { z } from 'zod'
import { signOutEverywhere } from '#app/commands/accounts.ts'
import { paths } from '#app/paths.ts'
import { formAction } from '#app/server/page.server.ts'

export const handle = { policy: 'signed-in' }

/** Opening the address does nothing. */
export const loader = () => redirect(paths.account())

export const action = formAction(z.object({}), async ({ ctx, portal, request }) => {
  await signOutEverywhere(ctx)
  const cookie = await portal.deps.sessions.end(request.headers.get('cookie'))
  return redirect(paths.signIn(), { headers: { 'set-cookie': cookie } })
})
