import type { CriterionContent } from '#app/domain/criterion.ts'
import { CRITERION_KIND_WORDS, CRITERION_KINDS, DECISION_RULE_WORDS, DECISION_RULES } from '#app/domain/criterion.ts'
import { METRICS } from '#app/domain/metric.ts'
import { RadioGroup, SelectField, TextArea, TextField } from '#app/ui/field.tsx'
import type { FormPart } from '#app/ui/form-parts.tsx'
import { FormPartFields } from '#app/ui/form-parts.tsx'

const MEANING: FormPart = { id: 'meaning', title: 'What success is', fields: ['name', 'why', 'kind'] }
const MEASURE: FormPart = {
  id: 'measure',
  title: 'What is measured',
  fields: ['metricKey', 'direction', 'unit', 'datasetVersionId', 'slice', 'protocol', 'minimumRows'],
}
const GOAL: FormPart = {
  id: 'goal',
  title: 'From where to where',
  fields: ['baseline', 'baselineAt', 'baselineSource', 'target', 'targetHigh'],
}
const RULE: FormPart = { id: 'rule', title: 'When it counts', fields: ['decisionRule', 'confidencePercent', 'margin'] }
const LIVE: FormPart = {
  id: 'live',
  title: 'Once a model is live',
  fields: ['floor', 'onlineTarget', 'onlineWindowDays', 'measuredBy'],
}
const WORTH: FormPart = {
  id: 'worth',
  title: 'What it is worth',
  fields: ['weight', 'valuePerUnit', 'reviewBy'],
}

/** The parts of the form in reading order; every field stands in one. */
export const CRITERION_PARTS: readonly FormPart[] = [MEANING, MEASURE, GOAL, RULE, LIVE, WORTH]

/** The fields of a criterion; empty for a new one. Everything that is signed is asked for here. */
export function CriterionFields({
  content,
  datasets,
}: {
  content?: CriterionContent
  datasets: readonly { readonly id: string; readonly label: string }[]
}) {
  return (
    <>
      <FormPartFields part={MEANING} hint="In the client’s words: this is what they read first.">
        <TextField
          name="name"
          label="Name"
          hint="What success means, in the client’s words."
          defaultValue={content?.name}
        />
        <TextArea name="why" label="Why it matters" rows={2} defaultValue={content?.why} />
        <RadioGroup
          name="kind"
          label="Kind"
          defaultValue={content?.kind ?? 'offline'}
          options={CRITERION_KINDS.map((kind) => ({ value: kind, label: CRITERION_KIND_WORDS[kind] }))}
        />
      </FormPartFields>
      <FormPartFields part={MEASURE} hint="Exact enough that somebody else would get the same number.">
        <TextField
          name="metricKey"
          label="Metric"
          hint={`The key that runs log. We can explain ${METRICS.map((metric) => metric.key).join(', ')}; any other key works, too.`}
          defaultValue={content?.metricKey}
        />
        <RadioGroup
          name="direction"
          label="Better is"
          defaultValue={content?.direction ?? 'higher'}
          options={[
            { value: 'higher', label: 'higher' },
            { value: 'lower', label: 'lower', hint: 'for errors, costs, times' },
            { value: 'range', label: 'inside a range' },
          ]}
        />
        <TextField
          name="unit"
          label="Unit"
          hint="Empty for a plain number between 0 and 1."
          optional
          defaultValue={content?.unit}
        />
        <SelectField
          name="datasetVersionId"
          label="Evaluation dataset"
          hint="The very bytes it is measured on. Runs on other data are not comparable, however good they look."
          empty="Choose a dataset"
          defaultValue={content?.datasetVersionId}
          options={datasets.map((dataset) => ({ value: dataset.id, label: dataset.label }))}
        />
        <TextField
          name="slice"
          label="Slice"
          hint="Only a part of the dataset, as runs log it after the metric and a slash: roc_auc/north. Empty for all of it."
          optional
          defaultValue={content?.slice}
        />
        <TextArea
          name="protocol"
          label="Protocol"
          hint="How it is measured, so that somebody else would get the same."
          rows={3}
          defaultValue={content?.protocol}
        />
        <TextField
          name="minimumRows"
          label="Least number of rows"
          inputMode="numeric"
          defaultValue={content?.minimumRows ?? 100}
        />
      </FormPartFields>
      <FormPartFields part={GOAL} hint="Where we start, and what has to be reached.">
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField
            name="baseline"
            label="Baseline"
            inputMode="decimal"
            hint="Where we start."
            defaultValue={content?.baseline}
          />
          <TextField name="baselineAt" label="Baseline of" type="date" defaultValue={content?.baselineAt} />
        </div>
        <TextField
          name="baselineSource"
          label="Source of the baseline"
          hint="Who measured it, and how."
          defaultValue={content?.baselineSource}
        />
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField
            name="target"
            label="Target"
            inputMode="decimal"
            hint="For a range: its lower bound."
            defaultValue={content?.target}
          />
          <TextField
            name="targetHigh"
            label="Upper bound"
            inputMode="decimal"
            hint="Only for a range."
            optional
            defaultValue={content?.targetHigh}
          />
        </div>
      </FormPartFields>
      <FormPartFields
        part={RULE}
        hint="How chance is counted: it decides how often a good model fails, and a poor one passes."
      >
        <RadioGroup
          name="decisionRule"
          label="Decision rule"
          defaultValue={content?.decisionRule ?? 'point'}
          options={DECISION_RULES.map((rule) => ({ value: rule, label: DECISION_RULE_WORDS[rule] }))}
        />
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField
            name="confidencePercent"
            label="Confidence of the interval, %"
            inputMode="decimal"
            defaultValue={content ? content.confidence * 100 : 95}
          />
          <TextField
            name="margin"
            label="Margin of “not worse”"
            inputMode="decimal"
            hint="Only for that rule: how much worse than the baseline still counts. The target follows from it."
            optional
            defaultValue={content?.margin}
          />
        </div>
      </FormPartFields>
      <FormPartFields part={LIVE} hint="What holds in use. Leave empty what is not agreed.">
        <TextField
          name="floor"
          label="Floor"
          inputMode="decimal"
          hint="A live model that is worse than this suspends the agreement until the client decides."
          optional
          defaultValue={content?.floor}
        />
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField
            name="onlineTarget"
            label="Target on live cases"
            inputMode="decimal"
            hint="For the second leg of an offline and online criterion."
            optional
            defaultValue={content?.onlineTarget}
          />
          <TextField
            name="onlineWindowDays"
            label="Window of live cases, days"
            inputMode="numeric"
            hint="How long live cases are counted."
            optional
            defaultValue={content?.onlineWindowDays}
          />
        </div>
        <TextField
          name="measuredBy"
          label="Measured by"
          hint="Who measures it, and reports it where no run does."
          optional
          defaultValue={content?.measuredBy}
        />
      </FormPartFields>
      <FormPartFields part={WORTH} hint="Beside the other criteria, and over time.">
        <div className="grid gap-x-4 sm:grid-cols-2">
          <TextField
            name="weight"
            label="Weight"
            inputMode="decimal"
            hint="Beside the other criteria."
            defaultValue={content?.weight ?? 1}
          />
          <TextField
            name="valuePerUnit"
            label="Value of one unit"
            hint="What one unit of improvement is worth to the client."
            optional
            defaultValue={content?.valuePerUnit}
          />
        </div>
        <TextField name="reviewBy" label="Review by" type="date" optional defaultValue={content?.reviewBy} />
      </FormPartFields>
    </>
  )
}
