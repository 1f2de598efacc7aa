import { useCallback, useEffect, useRef, useState } from 'react'
import type { RunTableRow, SentRunRows } from '#app/domain/run-rows.ts'
import { receivedRunRows } from '#app/domain/run-rows.ts'

interface Loaded {
  /** The page that the server made; another one means another question. */
  readonly first: readonly RunTableRow[]
  readonly rows: readonly RunTableRow[]
  readonly next: string | null
}

/**
 * The rows of a page, and those behind it as they are asked for, one page after the other.
 * @param hrefAfter where the rows after a token are
 */
export function useMoreRuns(
  first: readonly RunTableRow[],
  next: string | null,
  hrefAfter: (token: string) => string,
): {
  readonly rows: readonly RunTableRow[]
  /** There are more than these. */
  readonly hasMore: boolean
  readonly state: 'idle' | 'loading' | 'failed'
  readonly load: () => void
} {
  const [kept, setKept] = useState<Loaded>({ first, rows: first, next })
  const loaded = kept.first === first ? kept : { first, rows: first, next }
  const [state, setState] = useState<'idle' | 'loading' | 'failed'>('idle')
  const asking = useRef<AbortController | null>(null)
  useEffect(() => {
    setState('idle')
    return () => {
      asking.current?.abort()
      asking.current = null
    }
  }, [first])

  const load = useCallback(() => {
    if (loaded.next === null || asking.current !== null) return
    const asked = new AbortController()
    asking.current = asked
    setState('loading')
    fetch(hrefAfter(loaded.next), { signal: asked.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`status ${String(answer.status)}`)
        const sent = (await answer.json()) as SentRunRows // our own door writes it
        setKept({ first, rows: [...loaded.rows, ...receivedRunRows(sent)], next: sent.next })
        setState('idle')
      })
      .catch(() => {
        if (!asked.signal.aborted) setState('failed')
      })
      .finally(() => {
        if (asking.current === asked) asking.current = null
      })
  }, [first, hrefAfter, loaded.next, loaded.rows])

  return { rows: loaded.rows, hasMore: loaded.next !== null, state, load }
}
