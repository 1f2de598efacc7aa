import type { CriterionInput, FieldChange } from '#app/domain/criterion.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader, Section } from '#app/ui/layout.tsx'
import { Redline } from '#app/ui/redline.tsx'
import { Simulation } from './simulation.tsx'

/** What a change would alter, before it is saved: field by field, material or editorial, and on past runs. */
export function ReviewChanges({
  changes,
  runs,
  typed,
  criterionKey,
  engagementId,
  refusal,
}: {
  changes: readonly FieldChange[]
  runs: readonly {
    readonly runId: string
    readonly runName: string
    readonly verdict: { readonly verdict: VerdictKind; readonly reason: string }
  }[]
  typed: CriterionInput & { readonly startedFrom: string | null }
  criterionKey: string
  engagementId: string
  refusal: string | null
}) {
  const materialCount = changes.filter((change) => change.isMaterial).length
  return (
    <>
      <PageHeader
        title={`What changes in ${criterionKey}?`}
        verdict={
          materialCount === 0
            ? 'Only wording changes. It is still a new version once the old one was signed.'
            : `${String(materialCount)} of ${String(changes.length)} ${changes.length === 1 ? 'change is' : 'changes are'} material: everybody who signed has to sign again.`
        }
      />
      <Section title="Field by field">
        <Redline
          changes={changes.map((change) => ({
            ...change,
            note: change.isMaterial ? 'Material: needs a new signature' : 'Editorial: people are told',
          }))}
        />
      </Section>
      <Section title="On past runs">
        <Simulation
          engagementId={engagementId}
          runs={runs}
          metCount={
            runs.filter(({ verdict }) => verdict.verdict === 'met' || verdict.verdict === 'met_within_noise').length
          }
        />
      </Section>
      <Callout>Nothing is saved yet. Go back to change it further.</Callout>
      <PostForm state={null}>
        {Object.entries(typed).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value === null ? '' : String(value)} />
        ))}
        <input type="hidden" name="confirmed" value="yes" />
        <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
      </PostForm>
    </>
  )
}
