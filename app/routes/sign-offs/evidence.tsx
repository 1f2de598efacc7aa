import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import { satisfies } from '#app/domain/verdict.ts'
import { EvidenceCards } from '#app/features/sign-offs/evidence-table.tsx'
import { paths } from '#app/paths.ts'
import { asOf } from '#app/server/as-of.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { askEvidence } from '#db/queries/evidence.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Evidence · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, url, now, actor }) => {
  const { at, typed, error } = asOf(url, now)
  const items = await askEvidence(tx, engagementId, at)
  return {
    engagementId,
    at,
    typed,
    error,
    items,
    zone: actor.timeZone,
    metCount: items.filter((item) => item.verdict !== null && satisfies(item.content, item.verdict)).length,
  }
})

export default function Evidence() {
  const { engagementId, at, typed, error, items, zone, metCount } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        title="What may I rely on, as of when?"
        verdict={
          items.length === 0
            ? 'At that time no model was live under a signed criterion.'
            : `${String(metCount)} of ${String(items.length)} signed ${items.length === 1 ? 'criterion' : 'criteria'} met by the model that was live.`
        }
        action={
          <LinkButton to={`${paths.evidenceJson(engagementId)}?at=${encodeURIComponent(typed)}`}>JSON</LinkButton>
        }
      />
      <Form method="get" className="mb-6 flex flex-wrap items-end gap-3">
        <div>
          <label htmlFor="at" className="mb-1 block font-semibold">
            As of
          </label>
          <input
            id="at"
            name="at"
            type="datetime-local"
            defaultValue={typed}
            className="control"
            aria-describedby="at-zone"
          />
        </div>
        <button
          type="submit"
          className="min-h-9 cursor-pointer rounded-md border border-line-strong bg-surface px-3 font-semibold hover:bg-sunken"
        >
          Ask
        </button>
        <p id="at-zone" className="text-sm text-muted">
          {error ?? (
            <>
              UTC · the answer is for <Time at={at} zone={zone} />
            </>
          )}
        </p>
      </Form>
      {items.length === 0 ? (
        <EmptyState title="Nothing to rely on at that time">
          Evidence begins when a signed criterion and a live model meet. Try a later time, or see what is missing on the
          model’s page.
        </EmptyState>
      ) : (
        <EvidenceCards items={items} engagementId={engagementId} zone={zone} />
      )}
    </>
  )
}
