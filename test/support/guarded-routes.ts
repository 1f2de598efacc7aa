import path from 'node:path'
import type { RouteConfigEntry } from '@remix-run/route-config'
import type { ActionFunction, LoaderFunction, ServerBuild } from '@remix-run/server-runtime'
import { found } from '#app/domain/errors.ts'
import routes from '#app/routes.ts'
import { guardRoutes, policyOf } from '#app/server/route-guard.server.ts'

export interface GuardedRoute {
  readonly path: string
  readonly isPublic: boolean
  readonly loader: LoaderFunction | undefined
  readonly action: ActionFunction
}

/** Every route of the table with its guard, by its whole path. */
export async function allRoutes(): Promise<GuardedRoute[]> {
  const places: { id: string; path: string; file: string }[] = []
  const walk = (entries: readonly RouteConfigEntry[], prefix: string) => {
    for (const entry of entries) {
      const whole = [prefix, entry.path].filter((part) => part !== undefined && part !== '').join('/')
      places.push({ id: entry.file, path: whole, file: entry.file })
      walk(entry.children ?? [], whole)
    }
  }
  walk(await routes, '')
  const modules = await Promise.all(places.map(async ({ file }): Promise<unknown> => import(path.resolve('app', file))))
  const build = { routes: Object.fromEntries(places.map(({ id }, at) => [id, { id, module: modules[at] }])) }
  // Only what the guard looks at is there.
  const guarded = guardRoutes(build as unknown as ServerBuild)
  return places.map(({ id, path: place }) => {
    const { module } = found(guarded.routes[id])
    return { path: place, isPublic: policyOf(module) === 'public', loader: module.loader, action: found(module.action) }
  })
}
