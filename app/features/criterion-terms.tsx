import type { CriterionContent } from '#app/domain/criterion.ts'
import { DECISION_RULE_WORDS, plainNumber, targetPhrase } from '#app/domain/criterion.ts'
import { metricName } from '#app/domain/metric.ts'
import { Code, Definitions } from '#app/ui/layout.tsx'

/** Every agreed field of a version. */
export function CriterionTerms({ content }: { content: CriterionContent }) {
  const unit = content.unit === '' ? '' : ` ${content.unit}`
  return (
    <Definitions
      rows={[
        { term: 'Why it matters', value: content.why },
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
        { term: 'Protocol', value: content.protocol },
        { term: 'Least number of rows', value: plainNumber(content.minimumRows) },
        {
          term: 'Decision rule',
          value: `${DECISION_RULE_WORDS[content.decisionRule]} (${plainNumber(content.confidence * 100)} % interval)`,
        },
        { term: 'Weight', value: plainNumber(content.weight) },
        { term: 'Review by', value: content.reviewBy ?? '–' },
      ]}
    />
  )
}
