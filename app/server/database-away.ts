/** Longer than the packaged database takes to start again. */
const AGAIN_SECONDS = 5

/** What everybody is told who asks while the database is away. */
export function databaseAway(): Response {
  return new Response('The database is restarting. Try again in a few seconds.', {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': String(AGAIN_SECONDS) },
  })
}
