import { Form, useRouteLoaderData } from '@remix-run/react'
import type { ComponentProps, ReactNode } from 'react'
import { LinkButton, SubmitButton } from './button.tsx'
import type { FormState } from './field.tsx'
import { FormProblems, TextArea } from './field.tsx'

/** Tells a form from the next one like it, so that what is sent twice is done once. */
function RequestKey() {
  const root = useRouteLoaderData<{ requestKey: string }>('root')
  return root === undefined ? null : <input type="hidden" name="requestKey" value={root.requestKey} />
}

/** A form with its problems, fields and buttons. Works without JavaScript; what is sent twice is done once. */
export function PostForm({
  state,
  action,
  hasFile = false,
  isWide = false,
  children,
}: {
  state: FormState | null
  action?: string
  hasFile?: boolean
  /** Takes the width of the page: a form with an outline beside it. */
  isWide?: boolean
  children: ReactNode
}) {
  return (
    <Form
      method="post"
      {...(action === undefined ? {} : { action })}
      {...(hasFile ? { encType: 'multipart/form-data' as const } : {})}
      noValidate
      className={isWide ? undefined : 'max-w-2xl'}
    >
      <RequestKey />
      <FormProblems state={state}>{children}</FormProblems>
    </Form>
  )
}

/** The form of a verb that asks for nothing but a reason. */
export function AskReason({
  state,
  verb,
  ...button
}: {
  state: FormState | null
  /** What the button says. */
  verb: string
} & Pick<ComponentProps<typeof SubmitButton>, 'look' | 'disabledReason'>) {
  return (
    <PostForm state={state}>
      <TextArea name="reason" label="Reason" rows={3} />
      <SubmitButton {...button}>{verb}</SubmitButton>
    </PostForm>
  )
}

/** What the page of a verb says when the verb was refused; its fields are not here, so what is wrong with them is said too. */
export function RefusedVerb({
  state,
  backTo,
  backLabel,
}: {
  state: FormState | null
  backTo: string
  backLabel: string
}) {
  const message = [state?.message ?? [], ...Object.values(state?.errors ?? {})].flat().join(' ')
  return (
    <div className="max-w-2xl">
      <h1 className="mb-4 text-xl font-semibold">This was not done</h1>
      <FormProblems state={{ errors: {}, message: message === '' ? 'Nothing was sent.' : message, values: {} }}>
        <LinkButton to={backTo}>{backLabel}</LinkButton>
      </FormProblems>
    </div>
  )
}
