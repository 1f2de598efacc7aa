import { SubmitButton } from '#app/ui/button.tsx'
import type { FormState } from '#app/ui/field.tsx'
import { RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

/** Approve, ask for changes, or reject. The form says which text it showed. */
export function DecisionForm({ shownHash, state }: { shownHash: string; state: FormState | null }) {
  return (
    <PostForm state={state}>
      <input type="hidden" name="shownHash" value={shownHash} />
      <RadioGroup
        name="outcome"
        label="I decide, for my organisation"
        defaultValue="approved"
        options={[
          { value: 'approved', label: 'Sign it as it stands' },
          { value: 'changes_requested', label: 'Ask for changes', hint: 'It goes back to the team with your reason.' },
          { value: 'rejected', label: 'Reject it', hint: 'This version ends here.' },
        ]}
      />
      <TextArea name="rationale" label="Reason" hint="Needed when you do not sign." rows={3} optional />
      <p className="prose-width mb-4 text-sm text-muted">
        Your name, the time, your seat and the hash above are kept for ever in a record that nobody can change. You get
        a receipt by mail. This is a simple electronic signature.
      </p>
      <SubmitButton>Record my decision</SubmitButton>
    </PostForm>
  )
}
