import type { Recipe } from '#app/domain/recipe.ts'
import {
  MISFIRE_WORDS,
  MISFIRES,
  OVERLAP_WORDS,
  OVERLAPS,
  SCHEDULE_TRIGGERS,
  TRIGGER_WORDS,
} from '#app/domain/schedule.ts'
import { RadioGroup, SelectField, TextField } from '#app/ui/field.tsx'

/** When a schedule fires, and what happens when that does not fit. */
export function ScheduleFields({
  recipe,
  timeZone,
  what = 'job',
}: {
  recipe: Recipe
  timeZone: string
  /** What it starts. */
  what?: 'job' | 'retraining'
}) {
  return (
    <>
      <TextField name="name" label="Name of the schedule" />
      <RadioGroup
        name="trigger"
        label="It fires"
        defaultValue="time"
        options={SCHEDULE_TRIGGERS.map((value) => ({
          value,
          label: TRIGGER_WORDS[value],
          ...(value === 'dataset_published'
            ? { hint: 'When its legal basis and purposes are said for the first time.' }
            : {}),
        }))}
      />
      <div className="grid gap-x-4 sm:grid-cols-2">
        <TextField
          name="cron"
          label="Times"
          placeholder="30 6 * * 1-5"
          hint="Minute, hour, day of the month, month, day of the week."
          optional
        />
        <TextField
          name="timeZone"
          label="Time zone"
          hint="A time that the clocks skip fires an hour later, one that they show twice fires once."
          defaultValue={timeZone}
        />
      </div>
      <SelectField
        name="watch"
        label="Data that it waits for"
        hint={
          what === 'job'
            ? 'When it fires by data: the job takes the new version in this place.'
            : 'When it fires by data. What is measured on stays as the signed criteria name it.'
        }
        defaultValue="train"
        options={recipe.datasets.map(({ role, label }) => ({ value: role, label }))}
      />
      <RadioGroup
        name="overlap"
        label={what === 'job' ? 'When its last job still runs' : 'When its last retraining has not ended'}
        defaultValue="skip"
        // An endpoint has one retraining at a time.
        options={OVERLAPS.filter((value) => what === 'job' || value !== 'parallel').map((value) => ({
          value,
          label: value === 'queue' && what === 'retraining' ? 'Let it wait until that has ended' : OVERLAP_WORDS[value],
        }))}
      />
      <RadioGroup
        name="misfire"
        label="Times that went by while no worker was there"
        defaultValue="once"
        options={MISFIRES.map((value) => ({ value, label: MISFIRE_WORDS[value] }))}
      />
    </>
  )
}
