import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { checkPassword } from '#app/commands/accounts.ts'
import { isAppError } from '#app/domain/errors.ts'
import { paths } from '#app/paths.ts'
import { publicAction, publicLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

export const handle = { policy: 'public' }
export const meta: MetaFunction = () => [{ title: 'Sign in · Throughline' }]

const SignInForm = z.object({
  email: z.string().trim().min(1, 'Your e-mail address is needed.').max(254),
  password: z.string().min(1, 'Your password is needed.').max(256),
})

export const loader = publicLoader(async ({ portal, url }) => {
  const next = samePage(url.searchParams.get('next'))
  if (await portal.viewer()) throw redirect(next)
  return { isNextKnown: next !== paths.home() }
})

export const action = publicAction(SignInForm, async ({ portal, request, form, url, now }) => {
  const { database, sessions, limits } = portal.deps
  const keys = [`peer:${portal.peer}`, `account:${form.email.toLowerCase()}`]
  await limits.ensureAllowed(keys)
  const personId = await checkPassword(database, form).catch(async (error: unknown) => {
    if (isAppError(error)) await limits.recordFailure(keys)
    throw error
  })
  const cookie = await sessions.start(personId, request, now)
  return redirect(samePage(url.searchParams.get('next')), { headers: { 'set-cookie': cookie } })
})

/** Only a path of ours is followed after signing in. */
function samePage(next: string | null): string {
  return next !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : paths.home()
}

export default function SignIn() {
  const { isNextKnown } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 className="mb-2 text-2xl font-semibold">Sign in</h1>
      <p className="mb-6 text-muted">
        {isNextKnown ? 'Sign in to open that page.' : 'What was agreed, what was measured, and by whose approval.'}
      </p>
      <PostForm state={problem}>
        <TextField name="email" label="E-mail address" type="email" autoComplete="username" />
        <TextField name="password" label="Password" type="password" autoComplete="current-password" />
        <SubmitButton>Sign in</SubmitButton>
      </PostForm>
      <p className="mt-6">
        <Link to={paths.forgotPassword()}>Forgot your password?</Link>
      </p>
    </div>
  )
}
