import { LEGAL_BASES, LEGAL_BASIS_WORDS } from '#app/domain/dataset.ts'
import { CheckField, CheckGroup, TextArea, TextField, useFormState } from '#app/ui/field.tsx'

export interface TouchableThing {
  readonly kind: 'dataset' | 'criterion'
  readonly id: string
  readonly name: string
  readonly engagementId: string
  readonly engagementName: string
}

/** The fields of an external event: what changed, and what it touches at first. */
export function EventFields({ touchable }: { touchable: readonly TouchableThing[] }) {
  const typed = useFormState()?.values ?? {}
  const isOneTicked = touchable.some((thing) => `${thing.kind}-${thing.id}` in typed)
  const engagements = new Map(touchable.map((thing) => [thing.engagementId, thing.engagementName]))
  return (
    <>
      <TextField name="title" label="Title" placeholder="Rules for high-risk systems apply" />
      <TextArea name="whatChanged" label="What changed" rows={4} />
      <div className="grid gap-x-4 sm:grid-cols-2">
        <TextField name="source" label="Source" placeholder="Regulation (EU) 2024/1689, article 6" />
        <TextField name="effectiveOn" label="In force from" type="date" />
      </div>
      <CheckGroup
        name="touched"
        label="It touches all data on these legal bases"
        options={LEGAL_BASES.map((basis) => ({ name: `basis-${basis}`, label: LEGAL_BASIS_WORDS[basis] }))}
      />
      {touchable.length === 0 ? null : (
        <details className="mb-4" open={isOneTicked}>
          <summary className="cursor-pointer font-semibold">Single datasets and criteria</summary>
          <div className="mt-3 grid gap-x-6 sm:grid-cols-2">
            {[...engagements].map(([id, name]) => (
              <CheckGroup
                key={id}
                name={`touched-${id}`}
                label={name}
                options={touchable
                  .filter((thing) => thing.engagementId === id)
                  .map((thing) => ({
                    name: `${thing.kind}-${thing.id}`,
                    label: thing.kind === 'dataset' ? `Data: ${thing.name}` : `Criterion ${thing.name}`,
                  }))}
              />
            ))}
          </div>
        </details>
      )}
      <CheckField
        name="isSuspending"
        label="Suspend the agreements that rest on it: the law changed"
        hint="They count again only when who is accountable at the client decides so."
      />
    </>
  )
}
