import { randomUUID } from 'node:crypto'
import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import {
  isRouteErrorResponse,
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useRouteError,
  useRouteLoaderData,
} from '@remix-run/react'
import type { ReactNode } from 'react'
import { isExecutive, isFirmAdmin, isStaff } from '#app/domain/actor.ts'
import { paths } from '#app/paths.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { useNonce } from '#app/ui/nonce.tsx'
import { AppShell } from '#app/ui/shell.tsx'
import { ViewingBanner } from '#app/ui/viewing-banner.tsx'
import stylesheet from './styles.css?url'

export const links: LinksFunction = () => [
  { rel: 'stylesheet', href: stylesheet },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
]

export const meta: MetaFunction = () => [{ title: 'Throughline' }]

/** Who is here, and where they can go. Says nothing about anybody else, so it is the one loader without a policy. */
export async function loader({ context }: LoaderFunctionArgs) {
  const { portal } = context
  const actor = await portal.viewer()
  // A new one with each page, for the forms on it.
  const requestKey = randomUUID()
  if (!actor) return { requestKey, person: null, links: [], viewing: null }
  const viewing = await portal.viewing()
  return {
    requestKey,
    viewing: viewing && { name: viewing.as.name, until: timeOfDay(viewing.until, viewing.by.timeZone) },
    person: { name: actor.name, organisation: actor.organisationName },
    links: [
      { label: isStaff(actor) ? 'Today' : 'Home', to: paths.home() },
      { label: 'Engagements', to: paths.engagements() },
      ...(isExecutive(actor) ? [{ label: 'Portfolio', to: paths.portfolio() }] : []),
      ...(isStaff(actor) ? [{ label: 'People', to: paths.people() }] : []),
      ...(isFirmAdmin(actor) && portal.deps.mailDelivery === 'outbox' ? [{ label: 'Outbox', to: paths.outbox() }] : []),
    ],
  }
}

/** In the zone of who really sits there. */
function timeOfDay(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(at)
}

/** Before the first paint, so that a reader who chose dark never sees a white flash. */
const THEME_SCRIPT =
  "try{const t=localStorage.getItem('theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}"

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useNonce()
  const data = useRouteLoaderData<typeof loader>('root')
  return (
    <html lang="en-GB" suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <Meta />
        <Links />
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body>
        <AppShell
          links={data?.links ?? []}
          person={data?.person ?? null}
          accountPath={paths.account()}
          glossaryPath={paths.glossary()}
          signOutPath={paths.signOut()}
          banner={
            data?.viewing ? (
              <ViewingBanner name={data.viewing.name} until={data.viewing.until} endPath={paths.endViewing()} />
            ) : null
          }
        >
          {children}
        </AppShell>
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  )
}

export default function App() {
  return <Outlet />
}

/** The one error page. What does not exist and what is not yours look alike. */
export function ErrorBoundary() {
  const error = useRouteError()
  const [title, text] = sayError(error)
  return (
    <div className="py-10">
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="prose-width mt-2 mb-6 text-lg text-muted">{text}</p>
      <LinkButton to={paths.home()}>Go to your first page</LinkButton>
    </div>
  )
}

function sayError(error: unknown): [string, string] {
  if (isRouteErrorResponse(error)) {
    if (error.status === 404) return ['Not found', 'This page does not exist, or is not yours to see.']
    if (typeof error.data === 'string' && error.status < 500) return ['This did not work', error.data]
    if (error.status === 503) return ['One moment', 'The database is restarting. Try again in a few seconds.']
  }
  return [
    'Something went wrong here',
    'It was noted with the number of this request. Try again; if it stays, tell whoever runs the portal.',
  ]
}
