import type { MetaFunction } from '@remix-run/node'
import { Link, useActionData } from '@remix-run/react'
import { z } from 'zod'
import { askPasswordReset } from '#app/commands/accounts.ts'
import { emailAddress } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { publicAction } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout } from '#app/ui/layout.tsx'

export const handle = { policy: 'public' }
export const meta: MetaFunction = () => [{ title: 'Choose a new password · Throughline' }]

export const action = publicAction(z.object({ email: emailAddress }), async ({ portal, form, now }) => {
  const { database, limits, publicOrigin } = portal.deps
  const keys = [`reset:${portal.peer}`, `reset:${form.email}`]
  await limits.ensureAllowed(keys)
  await limits.recordFailure(keys)
  await askPasswordReset(
    { database, now, origin: publicOrigin, isMailSent: portal.deps.mailDelivery === 'smtp' },
    form.email,
  )
  return { isAsked: true }
})

export default function ForgotPassword() {
  const result = useActionData<typeof action>()
  const isAsked = result !== undefined && 'isAsked' in result
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 className="mb-4 text-2xl font-semibold">Choose a new password</h1>
      {isAsked ? (
        <Callout>
          If that address has an account, a mail with a link is on its way. The link works once, for one hour.
        </Callout>
      ) : (
        <PostForm state={problemOf(result)}>
          <TextField name="email" label="Your e-mail address" type="email" autoComplete="username" />
          <SubmitButton>Send the link</SubmitButton>
        </PostForm>
      )}
      <p className="mt-6">
        <Link to={paths.signIn()}>Back to signing in</Link>
      </p>
    </div>
  )
}
