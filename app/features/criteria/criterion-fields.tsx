import type { CriterionContent } from '#app/domain/criterion.ts'
import { DECISION_RULE_WORDS, DECISION_RULES } from '#app/domain/criterion.ts'
import { METRICS } from '#app/domain/metric.ts'
import { RadioGroup, SelectField, TextArea, TextField } from '#app/ui/field.tsx'

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
      <TextField
        name="name"
        label="Name"
        hint="What success means, in the client’s words."
        defaultValue={content?.name}
      />
      <TextArea name="why" label="Why it matters" rows={2} defaultValue={content?.why} />
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
      <SelectField
        name="datasetVersionId"
        label="Evaluation dataset"
        hint="The very bytes it is measured on. Runs on other data are not comparable, however good they look."
        empty="Choose a dataset"
        defaultValue={content?.datasetVersionId}
        options={datasets.map((dataset) => ({ value: dataset.id, label: dataset.label }))}
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
          name="weight"
          label="Weight"
          inputMode="decimal"
          hint="Beside the other criteria."
          defaultValue={content?.weight ?? 1}
        />
      </div>
      <TextField name="reviewBy" label="Review by" type="date" optional defaultValue={content?.reviewBy} />
    </>
  )
}
