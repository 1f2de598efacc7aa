import { Form, Link, NavLink } from '@remix-run/react'
import type { ReactNode } from 'react'
import { Sign } from './sign.tsx'

export interface ShellLink {
  readonly label: string
  readonly to: string
}

/** The frame of every page: skip link, name of the house, where one can go, who is here. */
export function AppShell({
  links,
  person,
  accountPath,
  glossaryPath,
  signOutPath,
  palette,
  banner,
  children,
}: {
  links: readonly ShellLink[]
  person: { readonly name: string; readonly organisation: string } | null
  accountPath: string
  glossaryPath: string
  signOutPath: string
  palette?: ReactNode
  /** Above everything, on every page. */
  banner?: ReactNode
  children: ReactNode
}) {
  return (
    <div className="flex min-h-screen flex-col">
      <a href="#content" className="sr-only bg-accent p-3 text-accent-ink focus:not-sr-only focus:absolute focus:z-20">
        Skip to the content
      </a>
      {banner}
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2">
          <Link to="/" className="flex items-center gap-2 font-semibold text-ink no-underline hover:no-underline">
            <Mark />
            Throughline
          </Link>
          {person === null ? null : (
            <nav aria-label="Main" className="order-last -mx-1 w-full overflow-x-auto md:order-none md:w-auto">
              <ul className="flex gap-1">
                {links.map((link) => (
                  <li key={link.to}>
                    <NavLink
                      to={link.to}
                      end={link.to === '/'}
                      className={({ isActive }) =>
                        `block rounded-md px-2 py-1.5 whitespace-nowrap no-underline hover:bg-sunken hover:no-underline ${isActive ? 'font-semibold text-ink' : 'text-muted'}`
                      }
                    >
                      {link.label}
                    </NavLink>
                  </li>
                ))}
              </ul>
            </nav>
          )}
          <div className="ml-auto flex items-center gap-2">
            {palette}
            <ThemeSwitch />
            {person === null ? null : (
              <details className="relative">
                <summary className="list-none rounded-md px-2 py-1.5 text-muted hover:bg-sunken hover:text-ink">
                  {person.name} <Sign name="chevron" />
                </summary>
                <div className="absolute right-0 z-10 mt-1 w-56 rounded-md border border-line-strong bg-surface p-2">
                  <p className="px-2 py-1 text-sm text-muted">{person.organisation}</p>
                  <Link to={accountPath} className="block rounded px-2 py-1.5 text-ink hover:bg-sunken">
                    Your account
                  </Link>
                  <Link to={glossaryPath} className="block rounded px-2 py-1.5 text-ink hover:bg-sunken">
                    What words mean
                  </Link>
                  <Form method="post" action={signOutPath}>
                    <button
                      type="submit"
                      className="w-full cursor-pointer rounded px-2 py-1.5 text-left hover:bg-sunken"
                    >
                      Sign out
                    </button>
                  </Form>
                </div>
              </details>
            )}
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-7xl flex-1 px-4 py-6 outline-none">
        {children}
      </main>
    </div>
  )
}

/** Light or dark, kept in this browser; without a choice the system's preference counts. */
function ThemeSwitch() {
  return (
    <button
      type="button"
      aria-label="Switch between light and dark"
      className="size-9 cursor-pointer rounded-md text-muted hover:bg-sunken hover:text-ink"
      onClick={() => {
        const root = document.documentElement
        const isDark =
          root.dataset['theme'] === 'dark' ||
          (root.dataset['theme'] === undefined && matchMedia('(prefers-color-scheme: dark)').matches)
        root.dataset['theme'] = isDark ? 'light' : 'dark'
        localStorage.setItem('theme', root.dataset['theme'])
      }}
    >
      <Sign name="theme" />
    </button>
  )
}

/** Our sign: a line that goes through its points. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <path
        d="M2 16 C7 16 6 6 11 6 S15 16 20 12"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle cx="2.5" cy="16" r="2" fill="var(--accent)" />
      <circle cx="11" cy="6" r="2" fill="var(--accent)" />
      <circle cx="19.5" cy="12.2" r="2" fill="var(--accent)" />
    </svg>
  )
}
