import type { ReactNode } from 'react'
import { Sign } from './sign.tsx'
import { useFormState } from './field.tsx'

/** A part of a long form, and the fields that stand in it. */
export interface FormPart {
  readonly id: string
  readonly title: string
  readonly fields: readonly string[]
}

/** The parts of a long form with what needs another look in each; beside the fields where there is room. */
export function FormOutline({ parts }: { parts: readonly FormPart[] }) {
  const state = useFormState()
  return (
    <nav aria-label="Parts of this form" className="mb-6 lg:sticky lg:top-4 lg:order-last lg:mb-0 lg:self-start">
      <ol className="grid gap-1">
        {parts.map((part) => {
          const count = part.fields.filter((name) => state?.errors[name] !== undefined).length
          return (
            <li key={part.id}>
              <a href={`#${part.id}`}>{part.title}</a>
              {count === 0 ? null : (
                <span className="ml-2 text-sm text-breach">
                  <Sign name="cross" /> {count} to look at
                </span>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

/** One part under its heading, with what it is for. */
export function FormPartFields({ part, hint, children }: { part: FormPart; hint: string; children: ReactNode }) {
  return (
    <div id={part.id} className="mb-8 scroll-mt-4 border-t border-line pt-4 first:border-t-0 first:pt-0">
      <h2 className="text-lg font-semibold">{part.title}</h2>
      <p className="prose-width mb-4 text-muted">{hint}</p>
      {children}
    </div>
  )
}

/** A long form: its outline and its parts. */
export function FormWithOutline({ parts, children }: { parts: readonly FormPart[]; children: ReactNode }) {
  return (
    <div className="lg:grid lg:grid-cols-[minmax(0,42rem)_minmax(0,1fr)] lg:gap-x-10">
      <FormOutline parts={parts} />
      <div>{children}</div>
    </div>
  )
}
