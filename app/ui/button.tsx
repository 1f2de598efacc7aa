import { Link, useNavigation } from '@remix-run/react'
import type { ReactNode } from 'react'

type Look = 'primary' | 'plain' | 'danger'

const LOOKS: Readonly<Record<Look, string>> = {
  primary: 'border-accent bg-accent text-accent-ink hover:opacity-90',
  plain: 'border-line-strong bg-surface text-ink hover:bg-sunken',
  danger: 'border-breach bg-surface text-breach hover:bg-breach-soft',
}

const SHAPE =
  'inline-flex min-h-9 items-center justify-center gap-2 rounded-md border px-3 py-1.5 text-base font-semibold no-underline hover:no-underline'

/** A link that looks like a button: it goes somewhere, it does nothing. `isDocument`: to a file, not to a page. */
export function LinkButton({
  to,
  look = 'plain',
  isDocument = false,
  children,
}: {
  to: string
  look?: Look
  isDocument?: boolean
  children: ReactNode
}) {
  return (
    <Link to={to} reloadDocument={isDocument} className={`${SHAPE} ${LOOKS[look]}`}>
      {children}
    </Link>
  )
}

/**
 * The button of a form. It can only be disabled with a reason, which is shown beside it; while its form is on the way it
 * says so and takes no second click.
 * @param action the form's action, so that only its own button waits; the page's own path when left out
 */
export function SubmitButton({
  children,
  look = 'primary',
  disabledReason,
  name,
  value,
}: {
  children: ReactNode
  look?: Look
  disabledReason?: string | null | undefined
  name?: string
  value?: string
}) {
  const navigation = useNavigation()
  const isOnTheWay =
    navigation.state === 'submitting' && (name === undefined || navigation.formData?.get(name) === value)
  if (disabledReason)
    return (
      <span className="inline-flex flex-wrap items-center gap-3">
        <button type="button" disabled className={`${SHAPE} cursor-not-allowed border-line bg-sunken text-muted`}>
          {children}
        </button>
        <span className="text-sm text-muted">{disabledReason}</span>
      </span>
    )
  return (
    <button
      type="submit"
      aria-disabled={isOnTheWay}
      onClick={(event) => {
        if (isOnTheWay) event.preventDefault()
      }}
      {...(name === undefined ? {} : { name, value })}
      className={`${SHAPE} cursor-pointer ${LOOKS[look]} ${isOnTheWay ? 'opacity-60' : ''}`}
    >
      {children}
      {isOnTheWay ? <span aria-live="polite">…</span> : null}
    </button>
  )
}
