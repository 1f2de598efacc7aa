import { SERIES_COLOURS } from './chart-theme.ts'

interface Point {
  readonly text: string
  /** 0 below, 1 above. */
  readonly height: number
}

interface Axis {
  readonly id: string
  readonly label: string
  readonly marks: readonly Point[]
  readonly points: readonly (Point | null)[]
}

const HEIGHT = 260
const TOP = 40
const BOTTOM = 24
const GAP = 140
const SIDE = 70
/** Lines beyond the colours are told apart by their strokes. */
const DASHES = ['', '6 3', '2 3']

const lookOf = (index: number) => ({
  stroke: SERIES_COLOURS[index % SERIES_COLOURS.length],
  strokeDasharray: DASHES[Math.floor(index / SERIES_COLOURS.length) % DASHES.length],
})

/** A line for each item across parallel axes; where an item has no value its line has a gap. The table beside it says the same. */
export function ParallelCoordinates({
  title,
  axes,
  lines,
}: {
  title: string
  axes: readonly Axis[]
  /** In the order of the axes' points. */
  lines: readonly { readonly id: string; readonly name: string }[]
}) {
  const width = SIDE * 2 + GAP * Math.max(1, axes.length - 1)
  const x = (index: number) => SIDE + GAP * index
  const y = (height: number) => TOP + (1 - height) * (HEIGHT - TOP - BOTTOM)
  return (
    <figure>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={title}>
        <svg
          viewBox={`0 0 ${String(width)} ${String(HEIGHT)}`}
          style={{ minWidth: `${String(width * 0.8)}px`, maxWidth: `${String(width * 1.3)}px` }}
          className="w-full"
          role="img"
          aria-label={title}
        >
          {axes.map((axis, index) => (
            <g key={axis.id}>
              <line x1={x(index)} x2={x(index)} y1={y(1)} y2={y(0)} stroke="var(--line-strong)" />
              <text x={x(index)} y={14} textAnchor="middle" fontSize={12} fill="var(--ink)">
                <title>{axis.label}</title>
                {axis.label.length > 20 ? `${axis.label.slice(0, 19)}…` : axis.label}
              </text>
              {axis.marks.map((mark) => (
                <text
                  key={mark.text}
                  x={x(index)}
                  y={y(mark.height) + (mark.height === 1 ? -6 : mark.height === 0 ? 16 : 4)}
                  dx={mark.height === 1 || mark.height === 0 ? 0 : 6}
                  textAnchor={mark.height === 1 || mark.height === 0 ? 'middle' : 'start'}
                  fontSize={11}
                  fill="var(--muted)"
                >
                  {mark.text.length > 18 ? `${mark.text.slice(0, 17)}…` : mark.text}
                </text>
              ))}
            </g>
          ))}
          {lines.map((line, at) => (
            <g key={line.id} className="opacity-80 hover:opacity-100 hover:[&>path]:stroke-3">
              <title>{line.name}</title>
              <path
                d={pathOf(
                  axes.map((axis, index) => ({ x: x(index), point: axis.points[at] ?? null })),
                  y,
                )}
                fill="none"
                strokeWidth={2}
                {...lookOf(at)}
              />
              {axes.map((axis, index) => {
                const point = axis.points[at]
                return point ? (
                  <circle key={axis.id} cx={x(index)} cy={y(point.height)} r={3} fill={lookOf(at).stroke}>
                    <title>{`${line.name}: ${axis.label} ${point.text}`}</title>
                  </circle>
                ) : null
              })}
            </g>
          ))}
        </svg>
      </div>
      <figcaption>
        <ul className="mt-2 flex flex-wrap gap-x-4 text-sm text-muted">
          {lines.map((line, at) => (
            <li key={line.id} className="flex items-center gap-1.5">
              <svg width={20} height={4} aria-hidden="true">
                <line x1={0} x2={20} y1={2} y2={2} strokeWidth={2} {...lookOf(at)} />
              </svg>
              {line.name}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  )
}

/** A line through the points there are; after a gap it begins anew. */
function pathOf(
  places: readonly { readonly x: number; readonly point: Point | null }[],
  y: (height: number) => number,
) {
  return places
    .map(({ x, point }, index) => {
      if (point === null) return ''
      const isBegun = places[index - 1]?.point
      return `${isBegun ? 'L' : 'M'}${String(x)} ${y(point.height).toFixed(1)}`
    })
    .join('')
}
