import { Form, Link } from '@remix-run/react'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { Time } from '#app/ui/time.tsx'
import { SignOffBadge } from '../sign-off-badge.tsx'

/** Whether the client signed this version, every time that it was asked, and the way to ask. */
export function SignatureState({
  signOffs,
  engagementId,
  modelVersionId,
  zone,
  isRequired,
  sendReason,
  mayAsk,
}: {
  signOffs: readonly {
    readonly id: string
    readonly state: SignOffState
    readonly sentByName: string
    readonly sentAt: Date
  }[]
  engagementId: string
  modelVersionId: string
  zone: string
  isRequired: boolean
  sendReason: string | null
  mayAsk: boolean
}) {
  return (
    <>
      {signOffs.length === 0 ? (
        <p className="prose-width text-muted">
          {isRequired
            ? 'It was not sent for signature yet. The risk tier asks for a signature before it goes live.'
            : 'It was not sent for signature. Nothing asks for it here; once it is sent, it goes live only signed.'}
        </p>
      ) : (
        <ul className="grid gap-2">
          {signOffs.map((signOff) => (
            <li key={signOff.id} className="flex flex-wrap items-center gap-x-3">
              <SignOffBadge state={signOff.state} />
              <Link to={paths.signOff(engagementId, signOff.id)}>
                {signOff.state === 'awaiting_approval' ? 'Read what is to be signed' : 'See what was shown'}
              </Link>
              <span className="text-sm text-muted">
                sent by {signOff.sentByName}, <Time at={signOff.sentAt} zone={zone} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {mayAsk ? (
        <Form method="post" action={paths.modelSend(engagementId, modelVersionId)} className="mt-3">
          <SubmitButton look="plain" disabledReason={sendReason}>
            Send for signature
          </SubmitButton>
        </Form>
      ) : null}
    </>
  )
}
