import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { found } from '#app/domain/errors.ts'
import { isId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listMail } from '#db/queries/people.ts'

export const handle = { policy: 'firm-admin' }
export const meta: MetaFunction = () => [{ title: 'Outbox · Throughline' }]

const PAGE_MAILS = 50

/** Only where no SMTP server is set: then mail is kept here instead of sent. */
export const loader = pageLoader(async ({ tx, portal, url, now }) => {
  found(portal.deps.mailDelivery === 'outbox' ? true : null, 'This page')
  const said = url.searchParams.get('before')
  const before = said !== null && isId(said) ? said : null
  const mails = await listMail(tx, { before, limit: PAGE_MAILS + 1 })
  return { mails: mails.slice(0, PAGE_MAILS), hasOlder: mails.length > PAGE_MAILS, isNewest: before === null, now }
})

export default function Outbox() {
  const { mails, hasOlder, isNewest, now } = useLoaderData<typeof loader>()
  const last = mails.at(-1)
  return (
    <>
      <PageHeader
        title="Outbox"
        verdict="No SMTP server is set (SMTP_URL), so every mail is kept here instead of sent. Its links work."
      />
      {mails.length === 0 ? (
        <EmptyState title={isNewest ? 'No mail yet' : 'No older mail'}>
          Invitations, requests for a signature and receipts appear here.
        </EmptyState>
      ) : (
        <ul className="grid gap-3">
          {mails.map((mail) => (
            <li key={mail.id} className="rounded-lg border border-line bg-surface p-4">
              <div className="flex flex-wrap items-baseline justify-between gap-2">
                <h2 className="min-w-0 font-semibold wrap-anywhere">{mail.subject}</h2>
                <Badge tone={mail.isKept || mail.sentAt ? 'met' : 'unknown'}>{mail.isKept ? 'Kept' : 'Queued'}</Badge>
              </div>
              <p className="text-sm text-muted">
                To {mail.toName} &lt;{mail.toAddress}&gt; · <Time at={mail.createdAt} now={now} />
              </p>
              <p className="prose-width mt-2 wrap-anywhere">{mail.body}</p>
              <ul className="mt-2">
                {mail.links.map((link) => (
                  <li key={link.url}>
                    <a href={link.url}>{link.label}</a>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
      {isNewest && !hasOlder ? null : (
        <nav aria-label="Pages of mail" className="mt-4 flex flex-wrap gap-2">
          {isNewest ? null : <LinkButton to={paths.outbox()}>Newest mail</LinkButton>}
          {hasOlder && last ? <LinkButton to={`${paths.outbox()}?before=${last.id}`}>Older mail</LinkButton> : null}
        </nav>
      )}
    </>
  )
}
