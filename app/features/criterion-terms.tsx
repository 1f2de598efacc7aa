import type { CriterionContent } from '#app/domain/criterion.ts'
import { CRITERION_KIND_WORDS, DECISION_RULE_WORDS, plainNumber, targetPhrase } from '#app/domain/criterion.ts'
import { metricName } from '#app/domain/metric.ts'
import { Code, Definitions } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'

/** Every agreed field of a version. */
export function CriterionTerms({ content }: { content: CriterionContent }) {
  const unit = content.unit === '' ? '' : ` ${content.unit}`
  return (
    <Definitions
      rows={[
        { term: 'Why it matters', value: <Prose text={content.why} /> },
        { term: 'Kind', value: CRITERION_KIND_WORDS[content.kind] },
        { term: 'Metric', value: `${metricName(content.metricKey)} (${content.metricKey})` },
        { term: 'Better is', value: content.direction === 'range' ? 'inside the range' : content.direction },
        {
          term: 'Baseline',
          value: `${plainNumber(content.baseline)}${unit}, ${content.baselineAt}, ${content.baselineSource}`,
        },
        { term: 'Target', value: targetPhrase(content) },
        {
          term: 'Evaluation dataset',
          value: (
            <>
              {content.datasetName} <Code>{content.datasetDigest}</Code>
            </>
          ),
        },
        ...(content.slice === '' ? [] : [{ term: 'Slice', value: content.slice }]),
        { term: 'Protocol', value: <Prose text={content.protocol} /> },
        { term: 'Least number of rows', value: plainNumber(content.minimumRows) },
        {
          term: 'Decision rule',
          value: `${DECISION_RULE_WORDS[content.decisionRule]} (${plainNumber(content.confidence * 100)} % interval)`,
        },
        { term: 'Floor', value: content.floor === null ? '–' : `${plainNumber(content.floor)}${unit}` },
        ...(content.onlineTarget === null
          ? []
          : [
              {
                term: 'On live cases',
                value: `${targetPhrase({ ...content, target: content.onlineTarget })} over ${plainNumber(content.onlineWindowDays ?? 1)} days`,
              },
            ]),
        ...(content.valuePerUnit === '' ? [] : [{ term: 'Value of one unit', value: content.valuePerUnit }]),
        ...(content.measuredBy === '' ? [] : [{ term: 'Measured by', value: content.measuredBy }]),
        { term: 'Weight', value: plainNumber(content.weight) },
        { term: 'Review by', value: content.reviewBy ?? '–' },
      ]}
    />
  )
}
