import { redirect } from '@remix-run/node'
import { z } from 'zod'
import { paths } from '#app/paths.ts'
import { publicAction } from '#app/server/page.server.ts'

export const handle = { policy: 'public' }

/** Opening the address does nothing. */
export const loader = () => redirect(paths.home())

export const action = publicAction(z.object({}), async ({ portal, request }) => {
  const cookie = await portal.deps.sessions.end(request.headers.get('cookie'))
  return redirect(paths.signIn(), { headers: { 'set-cookie': cookie, 'clear-site-data': '"cache"' } })
})
