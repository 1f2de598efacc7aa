import type { HandoverContent } from '#app/domain/handover.ts'
import { TextArea, TextField } from '#app/ui/field.tsx'

/** What of a hand-over is written by hand. */
export function HandoverFields({ content }: { content: HandoverContent | null }) {
  return (
    <>
      <TextField
        name="operator"
        label="Who operates it"
        hint="The unit or the people at the client, by name."
        defaultValue={content?.operator}
      />
      <div className="grid gap-x-4 sm:grid-cols-2">
        <TextField name="operateFrom" label="They operate it from" type="date" defaultValue={content?.operateFrom} />
        <TextField
          name="accessUntil"
          label="Our access ends on"
          type="date"
          defaultValue={content?.accessUntil}
          hint="By then our seats are vacated and our tokens revoked."
        />
      </div>
      <TextArea
        name="operation"
        label="How it is operated"
        hint="What to watch, what to do when it fails, how to go back to the version before, whom to call."
        rows={8}
        defaultValue={content?.operation}
      />
      <TextArea
        name="openPoints"
        label="What else is open"
        hint="Shared risks, open conditions and missing signatures are listed by themselves; add what stands in none of them."
        rows={4}
        optional
        defaultValue={content?.openPoints}
      />
    </>
  )
}
