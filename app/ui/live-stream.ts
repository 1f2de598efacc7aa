/** How long until a stream is asked for again that was answered with something else, and how often in a row. */
const AGAIN_MS = 3000
const REFUSALS_MAX = 20

/**
 * Listen to server-sent events. A browser asks again by itself when its connection breaks, and gives up when the answer is
 * another one, as while the database is away: then we ask again, for what comes after the last event.
 * @param hear what to do with each kind of event
 * @returns ends it
 */
export function listenLive(place: string, hear: Readonly<Record<string, (event: MessageEvent) => void>>): () => void {
  let [lastId, refusals] = ['', 0]
  let again: ReturnType<typeof setTimeout> | undefined
  const open = () => {
    const url = new URL(place, window.location.href)
    if (lastId !== '') url.searchParams.set('after', lastId)
    const source = new EventSource(url)
    source.addEventListener('open', () => (refusals = 0))
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED || refusals >= REFUSALS_MAX) return
      refusals += 1
      again = setTimeout(() => (close = open()), AGAIN_MS)
    })
    for (const [name, told] of Object.entries(hear)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId !== '') lastId = event.lastEventId
        told(event)
      })
    }
    return () => source.close()
  }
  let close = open()
  return () => {
    clearTimeout(again)
    close()
  }
}
