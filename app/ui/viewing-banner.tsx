import { Form } from '@remix-run/react'

/** Stays in sight on every page while somebody looks through another person's eyes, with the way out. */
export function ViewingBanner({ name, until, endPath }: { name: string; until: string; endPath: string }) {
  return (
    <aside
      aria-label="You look at this as somebody else"
      className="sticky top-0 z-10 border-b-4 border-risk bg-risk-soft print:static"
    >
      <div className="mx-auto flex max-w-7xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-2">
        <p>
          <strong>You see this as {name} sees it.</strong> Read only, this engagement alone, until {until}.
        </p>
        <Form method="post" action={endPath}>
          <button
            type="submit"
            className="min-h-9 cursor-pointer rounded-md border border-line-strong bg-surface px-3 font-semibold hover:bg-sunken"
          >
            End the view
          </button>
        </Form>
      </div>
    </aside>
  )
}
