import type { ReactNode } from 'react'

export type SignName = 'check' | 'alert' | 'cross' | 'dash' | 'dot' | 'lock' | 'chevron' | 'theme'

const SHAPES: Readonly<Record<SignName, ReactNode>> = {
  check: <path d="M3 8.5 6.5 12 13 4.5" />,
  alert: <path d="M8 2.5v7M8 13.3v.1" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  dash: <path d="M4 8h8" />,
  dot: <circle cx="8" cy="8" r="2" fill="currentColor" />,
  lock: <path d="M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5" />,
  chevron: <path d="M4 6l4 4 4-4" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 2a6 6 0 0 0 0 12z" fill="currentColor" />
    </>
  ),
}

/** A small sign, drawn because many fonts have none. The words beside it say the same. */
export function Sign({ name }: { name: SignName }) {
  return (
    <svg
      width="0.9em"
      height="0.9em"
      viewBox="0 0 16 16"
      aria-hidden="true"
      className="inline-block shrink-0 align-[-0.1em]"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {SHAPES[name]}
    </svg>
  )
}
