import type { Range } from '@tanstack/react-virtual'
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual'
import type { ReactNode, Ref } from 'react'
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react'

const ROW_HEIGHT = 45
const OVERSCAN = 12
/** Rows on each side of the one with the focus, for the next press of Tab. */
const BESIDE = 3
/** So many rows before the last one is reached, more are asked for. */
const AHEAD = 60

/**
 * The body of a table of which only the rows in sight are in the page, and those around the focus; the window scrolls.
 * @param onNearEnd called while the last row is near
 */
export function VirtualRows({
  count,
  columnCount,
  keyAt,
  onNearEnd,
  children,
}: {
  count: number
  columnCount: number
  keyAt: (index: number) => string
  onNearEnd: () => void
  children: (index: number, measure: Ref<HTMLTableRowElement>) => ReactNode
}) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  const [focused, setFocused] = useState<number | null>(null)
  // Whatever is above may grow or shrink. Without a change this sets nothing.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    const now = Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY)
    setTop(now)
  })
  useEffect(() => {
    const rows = body.current
    const enter = (event: FocusEvent) => {
      const index = event.target instanceof Element ? event.target.closest('tr')?.dataset['index'] : undefined
      setFocused(index === undefined ? null : Number(index))
    }
    // Between two rows nothing may be taken away: where the focus goes may not be in sight yet.
    const leave = ({ relatedTarget }: FocusEvent) => {
      if (!(relatedTarget instanceof Node && rows?.contains(relatedTarget))) setFocused(null)
    }
    rows?.addEventListener('focusin', enter)
    rows?.addEventListener('focusout', leave)
    return () => {
      rows?.removeEventListener('focusin', enter)
      rows?.removeEventListener('focusout', leave)
    }
  }, [])
  const virtualizer = useWindowVirtualizer<HTMLTableRowElement>({
    count,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: keyAt,
    rangeExtractor: (range: Range) => {
      const shown = new Set(defaultRangeExtractor(range))
      if (focused === null) return [...shown]
      for (let at = Math.max(0, focused - BESIDE); at <= Math.min(count - 1, focused + BESIDE); at += 1) shown.add(at)
      return [...shown].sort((a, b) => a - b)
    },
  })
  const lastInSight = virtualizer.range?.endIndex ?? 0
  useEffect(() => {
    if (lastInSight >= count - AHEAD) onNearEnd()
  }, [lastInSight, count, onNearEnd])

  const items = virtualizer.getVirtualItems()
  return (
    <tbody ref={body}>
      {items.map((item, at) => {
        const end = items[at - 1]?.end ?? top
        return (
          <Fragment key={item.key}>
            <Gap height={item.start - end} columnCount={columnCount} />
            {children(item.index, virtualizer.measureElement)}
          </Fragment>
        )
      })}
      <Gap
        key="end"
        height={virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top)}
        columnCount={columnCount}
      />
    </tbody>
  )
}

/** The place of rows that are not in the page. */
function Gap({ height, columnCount }: { height: number; columnCount: number }) {
  if (height < 1) return null
  return (
    <tr aria-hidden="true" style={{ height }}>
      <td colSpan={columnCount} className="p-0" />
    </tr>
  )
}
