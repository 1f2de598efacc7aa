import { DEPLOYMENT_MODE_WORDS, DEPLOYMENT_MODES } from '#app/domain/deployment.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { RadioGroup, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

/** One button, and how the version takes over. While nothing is live there is nothing to share, so nothing to choose. */
export function DeployForm({
  action,
  hasLive,
  disabledReason,
}: {
  action: string
  hasLive: boolean
  disabledReason: string | null
}) {
  return (
    <PostForm state={null} action={action}>
      {hasLive ? (
        <>
          <RadioGroup
            name="mode"
            label="Who gets its answers"
            options={DEPLOYMENT_MODES.map((value) => ({ value, label: DEPLOYMENT_MODE_WORDS[value] }))}
            defaultValue="replace"
          />
          <TextField
            name="trafficPercent"
            type="number"
            label="Share in percent"
            hint="Of a canary or a copy; not used when it takes all traffic."
            defaultValue="10"
          />
        </>
      ) : null}
      <SubmitButton disabledReason={disabledReason}>Deploy</SubmitButton>
    </PostForm>
  )
}
