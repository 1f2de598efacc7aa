import type { ReactNode } from 'react'
import { createContext, useContext, useId, useState } from 'react'
import { Sign } from './sign.tsx'

/** What a form came back with: what to say beside each field, and what was typed. */
export interface FormState {
  readonly errors: Readonly<Record<string, string>>
  readonly message: string | null
  readonly values: Readonly<Record<string, string>>
}

/** What a form came back with, out of an action's result; null when it was accepted or not sent. */
export function problemOf(result: unknown): FormState | null {
  return typeof result === 'object' && result !== null && 'errors' in result && 'values' in result
    ? (result as FormState) // the shape that every refused form comes back with
    : null
}

const FormContext = createContext<FormState | null>(null)

/** What the form around came back with; null when it was not refused. */
export function useFormState(): FormState | null {
  return useContext(FormContext)
}

/** Gives the fields below it what the form came back with, and shows the sentence that belongs to no field. */
export function FormProblems({ state, children }: { state: FormState | null; children: ReactNode }) {
  const count = state ? Object.keys(state.errors).filter((name) => name !== '').length : 0
  const message =
    state?.message ??
    (count > 0 ? `${count === 1 ? 'One field needs' : `${String(count)} fields need`} another look.` : null)
  return (
    <FormContext.Provider value={state}>
      {message === null ? null : (
        <p role="alert" className="mb-4 rounded-md border border-breach bg-breach-soft px-3 py-2 text-breach">
          <Sign name="cross" /> {message}
        </p>
      )}
      {children}
    </FormContext.Provider>
  )
}

interface Labelled {
  readonly name: string
  readonly label: string
  readonly hint?: ReactNode
  readonly optional?: boolean
}

/** @param found what is wrong with what was just put in, found before it is sent */
function useField({ name, hint }: { name: string; hint?: ReactNode }, found: string | null = null) {
  const id = useId()
  const state = useContext(FormContext)
  const error = found ?? state?.errors[name]
  const described = [hint === undefined ? null : `${id}-hint`, error === undefined ? null : `${id}-error`]
    .filter(Boolean)
    .join(' ')
  return {
    id,
    error,
    isFoundNow: found !== null,
    typed: state?.values[name],
    aria: {
      'aria-invalid': error === undefined ? undefined : true,
      'aria-describedby': described === '' ? undefined : described,
    },
  }
}

function Frame({
  field,
  label,
  hint,
  optional,
  children,
}: Omit<Labelled, 'name'> & { field: ReturnType<typeof useField>; children: ReactNode }) {
  return (
    <div className="mb-4">
      <label htmlFor={field.id} className="mb-1 block font-semibold">
        {label}
        {optional === true ? <span className="font-normal text-muted"> (optional)</span> : null}
      </label>
      {hint === undefined ? null : (
        <p id={`${field.id}-hint`} className="prose-width mb-1 text-sm text-muted">
          {hint}
        </p>
      )}
      {children}
      {field.error === undefined ? null : (
        <p
          id={`${field.id}-error`}
          role={field.isFoundNow ? 'alert' : undefined}
          className="mt-1 text-sm whitespace-pre-line text-breach"
        >
          <Sign name="cross" /> {field.error}
        </p>
      )}
    </div>
  )
}

/** A field of one line. Keeps what was typed when the form comes back. */
export function TextField({
  type = 'text',
  defaultValue,
  autoComplete,
  inputMode,
  placeholder,
  ...labelled
}: Labelled & {
  type?: 'text' | 'email' | 'password' | 'date' | 'datetime-local' | 'number'
  defaultValue?: string | number | null | undefined
  autoComplete?: string
  inputMode?: 'decimal' | 'numeric'
  placeholder?: string
}) {
  const field = useField(labelled)
  return (
    <Frame field={field} {...labelled}>
      <input
        id={field.id}
        name={labelled.name}
        type={type}
        className="control"
        defaultValue={field.typed ?? defaultValue ?? ''}
        autoComplete={autoComplete ?? 'off'}
        {...(inputMode === undefined ? {} : { inputMode })}
        {...(placeholder === undefined ? {} : { placeholder })}
        {...(type === 'number' ? { step: 'any' } : {})}
        {...field.aria}
      />
    </Frame>
  )
}

/** What the reader need not see. Keeps what the form started with when it comes back. */
export function HiddenField({ name, value }: { name: string; value: string }) {
  const state = useContext(FormContext)
  return <input type="hidden" name={name} value={state?.values[name] ?? value} />
}

/**
 * A file to send, or several. Those of more than `bytesMax` bytes together are not kept: to send them would end half way,
 * in the browser's own words.
 */
export function FileField({
  accept,
  hasSeveral = false,
  bytesMax,
  ...labelled
}: Labelled & { accept?: string; hasSeveral?: boolean; bytesMax: number }) {
  const [excess, setExcess] = useState<string | null>(null)
  const field = useField(labelled, excess)
  const keep = (input: HTMLInputElement) => {
    const bytes = [...(input.files ?? [])].reduce((sum, file) => sum + file.size, 0)
    setExcess(bytes > bytesMax ? excessOf(bytes, bytesMax) : null)
    if (bytes > bytesMax) input.value = ''
  }
  return (
    <Frame field={field} {...labelled}>
      <input
        id={field.id}
        name={labelled.name}
        type="file"
        multiple={hasSeveral}
        {...(accept === undefined ? {} : { accept })}
        className="control"
        onChange={(event) => {
          keep(event.currentTarget)
        }}
        {...field.aria}
      />
    </Frame>
  )
}

const MEGABYTE = 1_048_576

function excessOf(bytes: number, bytesMax: number): string {
  const size = Math.ceil(bytes / MEGABYTE).toLocaleString('en-GB')
  return `That is ${size} MB, and at most ${String(Math.floor(bytesMax / MEGABYTE))} MB can be sent: nothing was chosen.`
}

/** A field of several lines. */
export function TextArea({
  rows = 4,
  defaultValue,
  ...labelled
}: Labelled & { rows?: number; defaultValue?: string | undefined }) {
  const field = useField(labelled)
  return (
    <Frame field={field} {...labelled}>
      <textarea
        id={field.id}
        name={labelled.name}
        rows={rows}
        className="control"
        defaultValue={field.typed ?? defaultValue ?? ''}
        {...field.aria}
      />
    </Frame>
  )
}

export interface Option {
  readonly value: string
  readonly label: string
}

/** One of a list. */
export function SelectField({
  options,
  defaultValue,
  empty,
  ...labelled
}: Labelled & { options: readonly Option[]; defaultValue?: string | undefined; empty?: string }) {
  const field = useField(labelled)
  return (
    <Frame field={field} {...labelled}>
      <select
        id={field.id}
        name={labelled.name}
        className="control"
        defaultValue={field.typed ?? defaultValue ?? ''}
        {...field.aria}
      >
        {empty === undefined ? null : <option value="">{empty}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  )
}

/** One of a few, all in sight. */
export function RadioGroup({
  options,
  defaultValue,
  ...labelled
}: Labelled & { options: readonly (Option & { hint?: string })[]; defaultValue?: string | undefined }) {
  const field = useField(labelled)
  const chosen = field.typed ?? defaultValue
  return (
    <fieldset className="mb-4" {...field.aria}>
      <legend className="mb-1 font-semibold">{labelled.label}</legend>
      {labelled.hint === undefined ? null : (
        <p id={`${field.id}-hint`} className="prose-width mb-1 text-sm text-muted">
          {labelled.hint}
        </p>
      )}
      <div className="grid gap-2">
        {options.map((option, index) => {
          const id = `${field.id}-${String(index)}`
          return (
            <div key={option.value} className="flex items-start gap-2">
              <input
                id={id}
                type="radio"
                name={labelled.name}
                value={option.value}
                defaultChecked={chosen === option.value}
                className="mt-1 size-4 accent-accent"
              />
              <label htmlFor={id}>
                {option.label}
                {option.hint === undefined ? null : <span className="block text-sm text-muted">{option.hint}</span>}
              </label>
            </div>
          )
        })}
      </div>
      {field.error === undefined ? null : (
        <p
          id={`${field.id}-error`}
          role={field.isFoundNow ? 'alert' : undefined}
          className="mt-1 text-sm whitespace-pre-line text-breach"
        >
          <Sign name="cross" /> {field.error}
        </p>
      )}
    </fieldset>
  )
}

/** Any of a few, each a field of its own that is `yes` when ticked; what is wrong with them together stands under `name`. */
export function CheckGroup({
  options,
  ...labelled
}: Labelled & {
  options: readonly { readonly name: string; readonly label: string; readonly isChecked?: boolean }[]
}) {
  const field = useField(labelled)
  return (
    <fieldset className="mb-4" {...field.aria}>
      <legend className="mb-1 font-semibold">{labelled.label}</legend>
      {labelled.hint === undefined ? null : (
        <p id={`${field.id}-hint`} className="prose-width mb-2 text-sm text-muted">
          {labelled.hint}
        </p>
      )}
      {options.map((option) => (
        <CheckField
          key={option.name}
          name={option.name}
          label={option.label}
          isChecked={option.isChecked ?? false}
          isDense
        />
      ))}
      {field.error === undefined ? null : (
        <p id={`${field.id}-error`} className="mt-1 text-sm text-breach">
          <Sign name="cross" /> {field.error}
        </p>
      )}
    </fieldset>
  )
}

/** Yes when ticked, absent when not. */
export function CheckField({
  name,
  label,
  hint,
  isChecked = false,
  isDense = false,
}: {
  name: string
  label: string
  hint?: string
  isChecked?: boolean
  /** One of several that belong together. */
  isDense?: boolean
}) {
  const field = useField({ name, hint })
  // Once a form came back, a box that is not among what was sent was not ticked.
  const isTicked = useContext(FormContext) === null ? isChecked : field.typed === 'yes'
  return (
    <div className={isDense ? 'mb-1.5' : 'mb-4'}>
      <div className="flex items-start gap-2">
        <input
          id={field.id}
          type="checkbox"
          name={name}
          value="yes"
          defaultChecked={isTicked}
          className="mt-1 size-4 accent-accent"
          {...field.aria}
        />
        <label htmlFor={field.id}>{label}</label>
      </div>
      {hint === undefined ? null : (
        <p id={`${field.id}-hint`} className="prose-width text-sm text-muted">
          {hint}
        </p>
      )}
      {field.error === undefined ? null : (
        <p
          id={`${field.id}-error`}
          role={field.isFoundNow ? 'alert' : undefined}
          className="mt-1 text-sm whitespace-pre-line text-breach"
        >
          <Sign name="cross" /> {field.error}
        </p>
      )}
    </div>
  )
}
