import { data, redirect } from '@remix-run/node'
import type { ActionFunction, LoaderFunction, ServerBuild } from '@remix-run/server-runtime'
import type { Policy } from '#app/domain/policy.ts'
import { isAboutEngagement, isPolicy, passes } from '#app/domain/policy.ts'
import { viewingRefusal } from '#app/domain/viewing.ts'
import { paths } from '#app/paths.ts'
import type { FormProblem } from './page.server.ts'
import { answering } from './page.server.ts'

type Door = LoaderFunction | ActionFunction
type DoorArguments = Parameters<LoaderFunction>[0]

/** The policy that a route module declares, or null. */
export function policyOf(module: { handle?: unknown }): Policy | null {
  const { handle } = module
  const policy = typeof handle === 'object' && handle !== null && 'policy' in handle ? handle.policy : null
  return isPolicy(policy) ? policy : null
}

/**
 * The one authorisation layer of the pages: every loader and action of the build is wrapped by its route's policy, also
 * when the route forgot to ask. A route without a policy does not exist.
 */
export function guardRoutes(build: ServerBuild): ServerBuild {
  const routes = Object.fromEntries(
    Object.entries(build.routes).map(([id, route]) => {
      if (!route) return [id, route]
      const { loader, action } = route.module
      if (id === 'root')
        return [id, loader ? { ...route, module: { ...route.module, loader: answered(loader) } } : route]
      const policy = policyOf(route.module)
      const isViewable = isViewableAs(route.module, policy)
      const module = {
        ...route.module,
        ...(loader ? { loader: answered(guarded(policy, loader, isViewable)) } : {}),
        action: answered(guarded(policy, unviewed(policy, action ?? noMethod), isViewable)),
        ...(policy === null ? { loader: gone, action: gone } : {}),
      }
      return [id, { ...route, module }]
    }),
  )
  return { ...build, routes }
}

/** Who asks is found out in the database, which may be away. */
function answered(door: Door): LoaderFunction {
  return (args) => answering(async () => door(args))
}

function guarded(policy: Policy | null, door: Door, isViewable: boolean): LoaderFunction {
  return async (args) => {
    await ensurePasses(policy, args)
    // Whose eyes are looked through has an account of their own; it is nobody else's to see.
    if (!isViewable && (await args.context.portal.viewing()) !== null) throw notFound()
    return door(args)
  }
}

/** Pages about an engagement, those that say so in their handle (`isViewable`), and those that are anybody's. */
function isViewableAs(module: { handle?: unknown }, policy: Policy | null): boolean {
  const { handle } = module
  const says = typeof handle === 'object' && handle !== null && 'isViewable' in handle && handle.isViewable === true
  return says || policy === null || policy === 'public' || isAboutEngagement(policy)
}

/** No form is taken while somebody looks through another person's eyes, but for what is open to anybody: the way out. */
function unviewed(policy: Policy | null, action: Door): ActionFunction {
  return async (args) => {
    const viewing = policy === 'public' ? null : await args.context.portal.viewing()
    if (viewing === null) return action(args)
    // Given back to its page like any refused form, so that the page stands there whole, with the way out.
    return data<FormProblem>({ errors: {}, message: viewingRefusal(viewing).reason, values: {} }, { status: 409 })
  }
}

/** @throws Response 404 when the route does not exist for the asker; a redirect to the sign-in page for a visitor */
async function ensurePasses(policy: Policy | null, { context, params, request }: DoorArguments): Promise<void> {
  if (policy === null) throw notFound()
  if (policy === 'public') return
  const { portal } = context
  const actor = await portal.viewer()
  if (!actor) {
    const url = new URL(request.url)
    throw redirect(paths.signIn(request.method === 'GET' ? `${url.pathname}${url.search}` : undefined))
  }
  const table = isAboutEngagement(policy) ? await portal.table(params['engagementId']) : null
  if (!passes(policy, actor, table?.standing ?? null)) throw notFound()
}

const gone: LoaderFunction = () => {
  throw notFound()
}

/** Only whoever may open the page learns that it takes no forms. */
const noMethod: ActionFunction = () => {
  throw new Response('This page takes no forms.', { status: 405 })
}

function notFound(): Response {
  return new Response('This page does not exist, or is not yours to see.', { status: 404 })
}
