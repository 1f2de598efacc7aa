import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'

export interface Crumb {
  readonly label: string
  readonly to: string
}

/** Where we are, what this is, how it stands in one sentence, and the one thing to do next. */
export function PageHeader({
  crumbs = [],
  title,
  badge,
  verdict,
  action,
}: {
  crumbs?: readonly Crumb[]
  title: string
  badge?: ReactNode
  verdict?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="mb-6">
      {crumbs.length === 0 ? null : (
        <nav aria-label="Breadcrumb" className="mb-1 text-sm">
          <ol className="flex flex-wrap gap-x-1.5 gap-y-1 leading-6">
            {crumbs.map((crumb) => (
              <li key={crumb.to} className="text-muted after:ml-1.5 after:content-['/']">
                <Link to={crumb.to} className="text-muted">
                  {crumb.label}
                </Link>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="text-xl font-semibold break-words">{title}</h1>
          {badge}
        </div>
        {action === undefined ? null : <div className="flex flex-wrap gap-2">{action}</div>}
      </div>
      {verdict === undefined ? null : <p className="prose-width mt-2 text-lg text-muted">{verdict}</p>}
    </div>
  )
}

/** A part of a page under a heading of its own. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="mb-8">
      <div className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="text-lg font-semibold">{title}</h2>
        {aside === undefined ? null : <div className="text-sm text-muted">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

export function Card({ children }: { children: ReactNode }) {
  return <div className="rounded-lg border border-line bg-surface p-4">{children}</div>
}

/** What a page shows, as files. */
export function ExportLinks({ csv, json }: { csv?: string; json: string }) {
  return (
    <>
      {csv === undefined ? null : (
        <>
          <a href={csv} download>
            CSV
          </a>{' '}
          ·{' '}
        </>
      )}
      <a href={json} download>
        JSON
      </a>
    </>
  )
}

/** What belongs here, why it matters, and the first step. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed border-line-strong p-6">
      <p className="font-semibold">{title}</p>
      <p className="prose-width mt-1 text-muted">{children}</p>
      {action === undefined ? null : <div className="mt-4">{action}</div>}
    </div>
  )
}

/** Names and values, side by side where there is room. */
export function Definitions({
  rows,
}: {
  rows: readonly {
    readonly term: string
    /** Stands in for the term, such as one that explains itself. */
    readonly label?: ReactNode
    readonly value: ReactNode
  }[]
}) {
  return (
    <dl className="grid grid-cols-1 gap-x-6 gap-y-2 sm:grid-cols-[minmax(9rem,14rem)_1fr]">
      {rows.map((row) => (
        <div key={row.term} className="contents">
          <dt className="text-muted">{row.label ?? row.term}</dt>
          <dd className="prose-width min-w-0 break-words whitespace-pre-line">{row.value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Something the reader must not miss. */
export function Callout({
  tone = 'accent',
  children,
}: {
  tone?: 'accent' | 'risk' | 'breach' | 'met'
  children: ReactNode
}) {
  const looks = {
    accent: 'border-accent bg-accent-soft',
    risk: 'border-risk bg-risk-soft',
    breach: 'border-breach bg-breach-soft',
    met: 'border-met bg-met-soft',
  } as const
  return (
    <div className={`prose-width mb-6 [&_a]:underline rounded-md border-l-4 px-4 py-3 ${looks[tone]}`}>{children}</div>
  )
}

/** Links between the pages of one thing; scrolls sideways where it is narrow, to the one that is open. */
export function Tabs({
  label,
  tabs,
}: {
  label: string
  tabs: readonly { readonly label: string; readonly to: string; readonly isCurrent: boolean }[]
}) {
  const bar = useRef<HTMLElement>(null)
  const current = tabs.find((tab) => tab.isCurrent)?.to
  useEffect(() => {
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [current])
  return (
    <nav ref={bar} aria-label={label} className="mb-6 overflow-x-auto border-b border-line">
      <ul className="flex min-w-max gap-1">
        {tabs.map((tab) => (
          <li key={tab.to}>
            <Link
              to={tab.to}
              aria-current={tab.isCurrent ? 'page' : undefined}
              className={`-mb-px block border-b-2 px-3 py-2 no-underline hover:no-underline ${tab.isCurrent ? 'border-accent font-semibold text-ink' : 'border-transparent text-muted hover:text-ink'}`}
            >
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** An id, a digest, a key: monospaced, cut in the middle of the page only where it must be. */
export function Code({ children }: { children: string }) {
  return <code className="rounded bg-sunken px-1 py-px font-mono text-sm break-all">{children}</code>
}

/** A block to copy: a command, a snippet, a log. */
export function CodeBlock({ label, children }: { label: string; children: string }) {
  return (
    <figure className="mb-4">
      <figcaption className="mb-1 text-sm text-muted">{label}</figcaption>
      {/* A region that scrolls must be reachable by keyboard. */}
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className="overflow-x-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm"
      >
        {children}
      </pre>
    </figure>
  )
}
