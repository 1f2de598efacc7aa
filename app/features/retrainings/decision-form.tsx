import { SubmitButton } from '#app/ui/button.tsx'
import type { FormState } from '#app/ui/field.tsx'
import { RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

/** Let the candidate go live, or keep what is. The form says which comparison it showed. */
export function RetrainingDecision({
  action,
  shown,
  isPlain,
  blocking,
  state,
}: {
  action: string
  shown: string
  /** The candidate is nowhere worse and compared everywhere, so that no reason is needed. */
  isPlain: boolean
  /** Conditions of the gate that are not met. */
  blocking: readonly { readonly key: string; readonly label: string; readonly because: string }[]
  state: FormState | null
}) {
  return (
    <PostForm state={state} action={action}>
      <input type="hidden" name="shown" value={shown} />
      {blocking.length === 0 ? null : (
        <div className="mb-4 rounded-md border border-risk bg-risk-soft px-3 py-2">
          <p className="font-semibold">The gate does not let the candidate pass as it stands:</p>
          <ul className="list-disc pl-5">
            {blocking.map((item) => (
              <li key={item.key}>
                {item.label}: {item.because}
              </li>
            ))}
          </ul>
        </div>
      )}
      <RadioGroup
        name="outcome"
        label="I decide"
        options={[
          {
            value: 'approved',
            label: 'The candidate goes live',
            hint: 'Through the same gate as any version, when it reproduced its example. Going back takes one click.',
          },
          { value: 'rejected', label: 'What is live stays', hint: 'The candidate remains as a registered version.' },
        ]}
      />
      <TextArea
        name="rationale"
        label="Reason"
        hint={isPlain ? 'Needed when you reject it.' : 'Needed: it is worse somewhere, or cannot be compared.'}
        rows={3}
      />
      <p className="prose-width mb-4 text-sm text-muted">
        Your name, the time, your reason and the comparison on this page are kept with this retraining.
      </p>
      <SubmitButton>Record my decision</SubmitButton>
    </PostForm>
  )
}
