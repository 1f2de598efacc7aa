import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { useLink, UseLinkForm } from '#app/commands/accounts.ts'
import { isAppError } from '#app/domain/errors.ts'
import { PASSWORD_LENGTH_MIN } from '#app/domain/password.ts'
import { paths } from '#app/paths.ts'
import { publicAction, publicLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { sha256 } from '#db/digest.ts'
import { findActor, findLink } from '#db/queries/people.ts'

export const handle = { policy: 'public' }
export const meta: MetaFunction = () => [{ title: 'Your link · Throughline' }]

/** Looking at a link does not use it: mail scanners look, too. */
export const loader = publicLoader(({ portal, params, now }) =>
  portal.deps.database.as({ door: 'auth' }, async (tx) => {
    const link = await findLink(tx, sha256(params['token'] ?? ''), now)
    const person = !link || link.personId === null ? null : await findActor(tx, link.personId)
    if (!link || !person) throw gone()
    const { name, email } = person
    return { isInvitation: link.kind === 'invitation', name, email }
  }),
)

export const action = publicAction(UseLinkForm, async ({ portal, params, request, form, now }) => {
  const { database, sessions } = portal.deps
  const personId = await useLink({ database, now }, { token: params['token'] ?? '', ...form }).catch(
    (error: unknown) => {
      throw isAppError(error) && error.code === 'not_found' ? gone() : error
    },
  )
  return redirect(paths.home(), { headers: { 'set-cookie': await sessions.start(personId, request, now) } })
})

/** The same for a link that was used, is too old or never was: it does not tell which. */
function gone(): Response {
  return new Response('This link was used or is too old. Sign in, or ask for a new one.', { status: 410 })
}

export default function OneTimeLink() {
  const { isInvitation, name, email } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 className="mb-2 text-2xl font-semibold">
        {isInvitation ? 'Welcome to Throughline' : 'Choose a new password'}
      </h1>
      <p className="mb-6 text-muted">
        {isInvitation
          ? `You were invited as ${email}. Choose a password, and you are in. You will see what is agreed, what is asked of you, and what happens next.`
          : `For ${email}. Every session that is open elsewhere ends.`}
      </p>
      <PostForm state={problem}>
        {isInvitation ? <TextField name="name" label="Your name" defaultValue={name} autoComplete="name" /> : null}
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={`At least ${String(PASSWORD_LENGTH_MIN)} characters; a sentence is easier to remember.`}
        />
        <SubmitButton>{isInvitation ? 'Join' : 'Save the password'}</SubmitButton>
      </PostForm>
    </div>
  )
}
