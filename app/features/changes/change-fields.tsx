import type { ChangeContent } from '#app/domain/change.ts'
import { TextArea, TextField } from '#app/ui/field.tsx'

/** What a change does, and what it costs. */
export function ChangeFields({ content }: { content?: ChangeContent }) {
  const lines = (list: readonly string[] | undefined) => list?.join('\n')
  return (
    <>
      <TextField name="title" label="Title" defaultValue={content?.title} />
      <TextArea name="reason" label="Why" rows={3} defaultValue={content?.reason} />
      <TextArea
        name="addToScope"
        label="Added to the scope"
        hint="One item a line."
        rows={2}
        optional
        defaultValue={lines(content?.addToScope)}
      />
      <TextArea
        name="takeFromScope"
        label="Taken out of the scope"
        hint="One item a line, in the words of the scope."
        rows={2}
        optional
        defaultValue={lines(content?.takeFromScope)}
      />
      <TextArea
        name="pushToLater"
        label="Pushed to later"
        hint="One item a line, in the words of the scope."
        rows={2}
        optional
        defaultValue={lines(content?.pushToLater)}
      />
      <TextArea
        name="newDeliverables"
        label="New deliverables"
        hint="One a line."
        rows={2}
        optional
        defaultValue={lines(content?.newDeliverables)}
      />
      <TextField name="newTargetEnd" label="New target end" type="date" optional defaultValue={content?.newTargetEnd} />
      <div className="grid gap-x-4 sm:grid-cols-3">
        <TextField
          name="scheduleDays"
          label="Schedule, days"
          inputMode="numeric"
          optional
          defaultValue={content?.scheduleDays}
        />
        <TextField name="hours" label="Hours" inputMode="decimal" optional defaultValue={content?.hours} />
        <TextField name="fee" label="Fee" optional defaultValue={content?.fee} />
      </div>
      <TextArea name="criteria" label="Effect on criteria" rows={2} optional defaultValue={content?.criteria} />
      <TextArea name="data" label="Effect on data" rows={2} optional defaultValue={content?.data} />
    </>
  )
}
