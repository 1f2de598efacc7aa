import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData } from '@remix-run/react'
import { setUpFirm, SetUpForm } from '#app/commands/accounts.ts'
import { found } from '#app/domain/errors.ts'
import { PASSWORD_LENGTH_MIN } from '#app/domain/password.ts'
import { paths } from '#app/paths.ts'
import { publicAction, publicLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { sha256 } from '#db/digest.ts'
import { findLink } from '#db/queries/people.ts'

export const handle = { policy: 'public' }
export const meta: MetaFunction = () => [{ title: 'Set up · Throughline' }]

export const loader = publicLoader(({ portal, params, now }) =>
  portal.deps.database.as({ door: 'auth' }, async (tx) => {
    found(await findLink(tx, sha256(params['token'] ?? ''), now), 'This link')
    return {}
  }),
)

export const action = publicAction(SetUpForm, async ({ portal, params, request, form, now }) => {
  const { database, sessions } = portal.deps
  const personId = await setUpFirm({ database, now }, { ...form, token: params['token'] ?? '' })
  return redirect(paths.home(), { headers: { 'set-cookie': await sessions.start(personId, request, now) } })
})

export default function SetUp() {
  const problem = problemOf(useActionData<typeof action>())
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 className="mb-2 text-2xl font-semibold">Set up your firm</h1>
      <p className="mb-6 text-muted">This makes the first account. It owns the firm and can invite everybody else.</p>
      <PostForm state={problem}>
        <TextField name="firm" label="Name of your firm" autoComplete="organization" />
        <TextField name="name" label="Your name" autoComplete="name" />
        <TextField name="email" label="Your e-mail address" type="email" autoComplete="username" />
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={`At least ${String(PASSWORD_LENGTH_MIN)} characters; a sentence is easier to remember.`}
        />
        <SubmitButton>Set up</SubmitButton>
      </PostForm>
    </div>
  )
}
