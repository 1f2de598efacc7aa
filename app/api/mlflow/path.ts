import type { ApiContext } from '../door.ts'

/** MLflow serves its API under both; its own page, and programs made after that page, ask the second. */
export const API_ROOTS = ['/api', '/ajax-api'] as const

/** The path of a request as the API knows it, not decoded, by whichever root it came. */
export function apiPath(c: ApiContext): string {
  return new URL(c.req.url).pathname.replace(/^\/ajax-api\//, '/api/')
}
