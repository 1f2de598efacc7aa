import { DEPLOYMENT_MODE_WORDS, DEPLOYMENT_MODES } from '#app/domain/deployment.ts'
import type { ServingEngineName } from '#app/domain/serving-engine.ts'
import { SERVING_ENGINE_WORDS } from '#app/domain/serving-engine.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { RadioGroup, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

/** One button, and how the version takes over. While nothing is live there is nothing to share, so nothing to choose. */
export function DeployForm({
  action,
  hasLive,
  engines,
  disabledReason,
}: {
  action: string
  hasLive: boolean
  /** What this installation can run it on, the usual one first. */
  engines: readonly ServingEngineName[]
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
      {engines.length > 1 ? (
        <RadioGroup
          name="engine"
          label="What runs it"
          options={engines.map((value) => ({ value, label: SERVING_ENGINE_WORDS[value] }))}
          defaultValue={engines[0] ?? 'onnx'}
        />
      ) : null}
      {engines.includes('swarm') ? (
        <details className="mb-4">
          <summary className="mb-2 cursor-pointer text-sm">Of a service: how many replicas, and where …</summary>
          <TextField name="replicas" type="number" label="Replicas" defaultValue="1" />
          <TextArea
            name="placement"
            label="Where it may run"
            hint="One condition on each line, such as node.labels.zone==north. Empty: anywhere."
            rows={2}
            optional
          />
        </details>
      ) : null}
      <SubmitButton disabledReason={disabledReason}>Deploy</SubmitButton>
    </PostForm>
  )
}
