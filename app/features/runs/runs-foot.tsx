import { Link } from '@remix-run/react'
import { SubmitButton } from '#app/ui/button.tsx'
import { useIsBrowser } from '#app/ui/use-is-browser.ts'

/**
 * What stays in sight below the runs: what is done with the ticked ones, and how many rows there are. Without JavaScript
 * the pages are turned by hand.
 */
export function RunsFoot({
  shownCount,
  chosenCount,
  total,
  hasMore,
  state,
  load,
  firstHref,
  nextHref,
}: {
  shownCount: number
  chosenCount: number
  /** Null when nobody counted so far. */
  total: number | null
  hasMore: boolean
  state: 'idle' | 'loading' | 'failed'
  load: () => void
  firstHref: string | null
  nextHref: string | null
}) {
  const isBrowser = useIsBrowser()
  const isLong = hasMore || shownCount > 100
  return (
    <div
      className={`mt-3 flex flex-wrap items-center gap-3 ${isBrowser && isLong ? 'sticky -bottom-2 z-10 border-t border-line bg-page pt-2 pb-4' : ''}`}
    >
      <SubmitButton look="plain">Compare the ticked runs</SubmitButton>
      {chosenCount === 0 ? null : <span className="text-sm text-muted">{chosenCount} ticked</span>}
      <span className="ml-auto flex gap-3 text-sm">
        {firstHref === null ? null : <Link to={firstHref}>First page</Link>}
        {isBrowser || nextHref === null ? null : <Link to={nextHref}>Next page</Link>}
      </span>
      {!isBrowser ? null : (
        <p role="status" className="flex items-center gap-3 text-sm text-muted">
          {state === 'failed' ? (
            <>
              More runs could not be loaded.
              <button type="button" onClick={load} className="text-accent underline">
                Try again
              </button>
            </>
          ) : (
            countWords(shownCount, total, hasMore)
          )}
        </p>
      )}
    </div>
  )
}

function countWords(shown: number, total: number | null, hasMore: boolean): string {
  const words = (count: number) => count.toLocaleString('en-GB')
  if (!hasMore) return `${words(shown)} runs`
  return total === null ? `${words(shown)} runs, and more` : `${words(shown)} of ${words(total)} runs`
}
