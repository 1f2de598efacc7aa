import type { PlainSignature } from '#app/domain/openapi.ts'
import { SelectField, TextField } from '#app/ui/field.tsx'
import { formatNumber } from '#app/ui/number.tsx'

/** Names of the fields, so that no input of a model is mistaken for a field of ours. */
export const fieldOf = (input: string): string => `in.${input}`

type Input = PlainSignature['inputs'][number]

/** More values than this are typed, not chosen. */
const CHOICES_MAX = 60

function hintOf({ min, max, description }: Input): string | undefined {
  const range =
    min === undefined || max === undefined ? '' : `It has learned from ${formatNumber(min)} to ${formatNumber(max)}.`
  const hint = [description, range].filter((part) => part !== '').join(' ')
  return hint === '' ? undefined : hint
}

function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A field for each thing that a model wants to know. */
export function AnswerFields({ signature }: { signature: PlainSignature }) {
  return (
    <div className="grid gap-x-4 sm:grid-cols-2">
      {signature.inputs.map((input) => {
        const hint = hintOf(input)
        const labelled = {
          name: fieldOf(input.name),
          label: labelOf(input.name),
          optional: !input.required,
          ...(hint === undefined ? {} : { hint }),
        }
        const choices = input.allowed ?? []
        return choices.length > 0 && choices.length <= CHOICES_MAX ? (
          <SelectField
            key={input.name}
            {...labelled}
            empty="Choose"
            options={choices.map((value) => ({ value, label: value }))}
          />
        ) : (
          <TextField
            key={input.name}
            {...labelled}
            {...(input.type === 'double' ? { inputMode: 'decimal' as const } : {})}
          />
        )
      })}
    </div>
  )
}
