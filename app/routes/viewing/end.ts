import { redirect } from '@remix-run/node'
import { z } from 'zod'
import { endViewing } from '#app/commands/viewing.ts'
import { found } from '#app/domain/errors.ts'
import { paths } from '#app/paths.ts'
import { publicAction } from '#app/server/page.server.ts'

/** The way out: it is open to whoever looks, whose eyes they look with. Without a view it does nothing. */
export const handle = { policy: 'public' }

export const loader = () => redirect(paths.home())

export const action = publicAction(z.object({}), async ({ portal, now }) => {
  const viewing = await portal.viewing()
  if (viewing === null) return redirect(paths.home())
  const storedSessionId = found(await portal.storedSessionId(), 'The session')
  const ctx = { database: portal.deps.database, actor: viewing.by, now }
  await endViewing(ctx, { viewing, storedSessionId })
  return redirect(paths.engagement(viewing.engagementId))
})
