import { CONDITIONS_MAX } from '#app/domain/sign-off.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import type { FormState } from '#app/ui/field.tsx'
import { RadioGroup, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'

/** Approve, with conditions or without, ask for changes, or reject. The form says which text it showed. */
export function DecisionForm({
  shownHash,
  asksPassword,
  state,
}: {
  shownHash: string
  asksPassword: boolean
  state: FormState | null
}) {
  return (
    <PostForm state={state}>
      <input type="hidden" name="shownHash" value={shownHash} />
      <RadioGroup
        name="outcome"
        label="I decide, for my organisation"
        options={[
          { value: 'approved', label: 'Sign it as it stands' },
          {
            value: 'approved_with_conditions',
            label: 'Sign it with conditions',
            hint: 'It counts at once, and lapses when a condition is not met by its day.',
          },
          { value: 'changes_requested', label: 'Ask for changes', hint: 'It goes back to the team with your reason.' },
          { value: 'rejected', label: 'Reject it', hint: 'This version ends here.' },
        ]}
      />
      <TextArea name="rationale" label="Reason" hint="Needed when you do not sign." rows={3} />
      <fieldset className="mb-4 rounded-md border border-line p-3 [form:not(:has([value=approved\_with\_conditions]:checked))_&]:hidden">
        <legend className="px-1 font-semibold">Conditions</legend>
        {Array.from({ length: CONDITIONS_MAX }, (_, index) => `condition${String(index + 1)}`).map((name, index) => (
          <div key={name} className="grid gap-x-4 sm:grid-cols-[1fr_11rem]">
            <TextField
              name={name}
              label={`Condition ${String(index + 1)}`}
              hint={index === 0 ? 'Needed when you sign with conditions.' : undefined}
              optional={index > 0}
            />
            <TextField
              name={`${name}Due`}
              label="By"
              type="date"
              hint={index === 0 ? 'A day after today.' : undefined}
              optional={index > 0}
            />
          </div>
        ))}
      </fieldset>
      {asksPassword ? <PasswordAgain /> : null}
      <p className="prose-width mb-4 text-sm text-muted">
        Your name, the time, your seat and the hash above are kept for ever in a record that nobody can change. You get
        a receipt by mail. This is a simple electronic signature.
      </p>
      <SubmitButton>Record my decision</SubmitButton>
    </PostForm>
  )
}

/** The password as a part of a decision. */
export function PasswordAgain() {
  return (
    <TextField
      name="password"
      label="Your password"
      type="password"
      autoComplete="current-password"
      hint="The risk tier of this engagement asks for it with every decision."
    />
  )
}
