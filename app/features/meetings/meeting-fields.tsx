import { CheckGroup, TextArea, TextField } from '#app/ui/field.tsx'

/** A person who can be asked to a meeting. */
export interface Invitee {
  readonly personId: string
  readonly name: string
  readonly organisation: string
}

/** The fields of a meeting, new or changed. */
export function MeetingFields({
  given,
  invitees,
  asked,
}: {
  given: {
    readonly title: string
    readonly start: string
    readonly timeZone: string
    readonly lengthMinutes: number
    readonly place: string
  }
  invitees: readonly Invitee[]
  asked: readonly string[]
}) {
  return (
    <>
      <TextField name="title" label="Title" defaultValue={given.title} />
      <div className="grid gap-x-4 sm:grid-cols-2">
        <TextField name="start" label="Start" type="datetime-local" defaultValue={given.start} />
        <TextField
          name="timeZone"
          label="Time zone of the start"
          defaultValue={given.timeZone}
          placeholder="Europe/Berlin"
        />
      </div>
      <TextField
        name="lengthMinutes"
        label="Length in minutes"
        inputMode="numeric"
        defaultValue={given.lengthMinutes}
      />
      <TextArea
        name="place"
        label="Place or link"
        hint="A room, an address, or the link of a call."
        rows={2}
        defaultValue={given.place}
        optional
      />
      <CheckGroup
        name="attendees"
        label="Who is asked to come"
        options={invitees.map((person) => ({
          name: `attendee-${person.personId}`,
          label: `${person.name}, ${person.organisation}`,
          isChecked: asked.includes(person.personId),
        }))}
      />
    </>
  )
}
