import type { CriterionContent } from '#app/domain/criterion.ts'
import { CRITERION_KIND_WORDS, DECISION_RULE_WORDS, plainNumber, targetPhrase } from '#app/domain/criterion.ts'
import type { GlossaryKey } from '#app/domain/glossary.ts'
import { glossaryEntry, metricEntry } from '#app/domain/glossary.ts'
import { Code, Definitions } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Term } from './term.tsx'

/** Every agreed field of a version. */
export function CriterionTerms({ content }: { content: CriterionContent }) {
  const metric = metricEntry(content.metricKey)
  const unit = content.unit === '' ? '' : ` ${content.unit}`
  return (
    <Definitions
      rows={[
        { term: 'Why it matters', value: <Prose text={content.why} /> },
        { term: 'Kind', value: CRITERION_KIND_WORDS[content.kind] },
        {
          term: 'Metric',
          value:
            metric === null ? (
              content.metricKey
            ) : (
              <>
                <Term entry={metric} /> ({content.metricKey})
              </>
            ),
        },
        { term: 'Better is', value: content.direction === 'range' ? 'inside the range' : content.direction },
        {
          ...explained('Baseline', 'baseline'),
          value: `${plainNumber(content.baseline)}${unit}, ${content.baselineAt}, ${content.baselineSource}`,
        },
        { ...explained('Target', 'target'), value: targetPhrase(content) },
        {
          ...explained('Evaluation dataset', 'evaluation-dataset'),
          value: (
            <>
              {content.datasetName} <Code>{content.datasetDigest}</Code>
            </>
          ),
        },
        ...(content.slice === '' ? [] : [{ ...explained('Slice', 'slice'), value: content.slice }]),
        { ...explained('Protocol', 'protocol'), value: <Prose text={content.protocol} /> },
        { ...explained('Least number of rows', 'minimum-rows'), value: plainNumber(content.minimumRows) },
        {
          ...explained('Decision rule', 'decision-rule'),
          value: `${DECISION_RULE_WORDS[content.decisionRule]} (${plainNumber(content.confidence * 100)} % interval)`,
        },
        {
          ...explained('Floor', 'floor'),
          value: content.floor === null ? '–' : `${plainNumber(content.floor)}${unit}`,
        },
        ...(content.onlineTarget === null
          ? []
          : [
              {
                ...explained('On live cases', 'live-target'),
                value: `${targetPhrase({ ...content, target: content.onlineTarget })} over ${plainNumber(content.onlineWindowDays ?? 1)} days`,
              },
            ]),
        ...(content.valuePerUnit === '' ? [] : [{ term: 'Value of one unit', value: content.valuePerUnit }]),
        ...(content.measuredBy === '' ? [] : [{ term: 'Measured by', value: content.measuredBy }]),
        { ...explained('Weight', 'weight'), value: plainNumber(content.weight) },
        { term: 'Review by', value: content.reviewBy ?? '–' },
      ]}
    />
  )
}

function explained(term: string, key: GlossaryKey) {
  return { term, label: <Term entry={glossaryEntry(key)}>{term}</Term> }
}
