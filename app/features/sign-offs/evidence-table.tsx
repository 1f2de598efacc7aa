import { Link } from '@remix-run/react'
import { targetPhrase } from '#app/domain/criterion.ts'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { glossaryEntry, verdictEntry } from '#app/domain/glossary.ts'
import { metricName } from '#app/domain/metric.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { Code, Definitions } from '#app/ui/layout.tsx'
import { formatNumber, Value } from '#app/ui/number.tsx'
import { Time } from '#app/ui/time.tsx'
import { Term } from '../term.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

export interface EvidenceItem {
  readonly slug: string
  readonly endpointId: string
  readonly revision: number
  readonly liveFrom: Date
  readonly modelName: string
  readonly modelVersion: number
  readonly modelVersionId: string
  readonly modelDigest: string | null
  readonly runId: string | null
  readonly criterionId: string
  readonly criterionKey: string
  readonly criterionVersion: number
  readonly contentHash: string
  readonly content: CriterionContent
  readonly verdict: VerdictKind | null
  readonly value: number | null
  readonly ciLow: number | null
  readonly ciHigh: number | null
  readonly rows: number | null
  readonly reason: string | null
  readonly evaluatedOn: string | null
  readonly trainedOn: readonly { readonly name: string; readonly digest: string }[]
  readonly signedBy: string | null
  readonly signedByAuthority: string | null
  readonly signedAt: Date | null
  readonly decisionId: string | null
  readonly modelSignedBy: string | null
  readonly modelSignedAt: Date | null
  readonly modelDecisionId: string | null
}

/** The answer of the canonical query, one card for each live model and signed criterion: every fact opens to its source. */
export function EvidenceCards({
  items,
  engagementId,
  zone,
}: {
  items: readonly EvidenceItem[]
  engagementId: string
  zone: string
}) {
  return (
    <ul className="grid gap-4">
      {items.map((item) => (
        <li key={`${item.slug} ${item.criterionId}`} className="rounded-lg border border-line bg-surface p-4">
          <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="text-lg font-semibold">
              {item.criterionKey} {item.content.name}
            </h2>
            {item.verdict === null ? (
              <Badge tone="unknown">Never measured</Badge>
            ) : (
              <>
                <VerdictBadge verdict={item.verdict} />
                <div className="text-sm text-muted">
                  <Term entry={verdictEntry(item.verdict)}>What that means</Term>
                </div>
              </>
            )}
          </div>
          <Definitions
            rows={[
              {
                term: 'Deployed model',
                label: <Term entry={glossaryEntry('revision')}>Deployed model</Term>,
                value: (
                  <>
                    <Link to={paths.modelVersion(engagementId, item.modelVersionId)}>
                      {item.modelName} v{item.modelVersion}
                    </Link>{' '}
                    behind <Link to={paths.endpoint(engagementId, item.endpointId)}>{item.slug}</Link>, revision{' '}
                    {item.revision}, live since <Time at={item.liveFrom} zone={zone} />
                    {item.modelDigest === null ? null : (
                      <>
                        {' '}
                        <Code>{item.modelDigest.slice(0, 16)}</Code>
                      </>
                    )}
                  </>
                ),
              },
              {
                term: 'Signed criterion',
                label: <Term entry={glossaryEntry('criterion')}>Signed criterion</Term>,
                value: (
                  <>
                    <Link
                      to={`${paths.criterion(engagementId, item.criterionId)}?version=${String(item.criterionVersion)}`}
                    >
                      {item.criterionKey} version {item.criterionVersion}
                    </Link>
                    : {metricName(item.content.metricKey)} {targetPhrase(item.content)}{' '}
                    <Code>{item.contentHash.slice(0, 16)}</Code>
                  </>
                ),
              },
              {
                term: 'Measured',
                label: <Term entry={glossaryEntry('confidence-interval')}>Measured</Term>,
                value: (
                  <>
                    <Value value={item.value} unit={item.content.unit} missing="Never measured" />
                    {item.ciLow === null || item.ciHigh === null
                      ? null
                      : ` (${formatNumber(item.ciLow)} – ${formatNumber(item.ciHigh)})`}
                    {item.rows === null ? null : `, n ${formatNumber(item.rows)}`}
                    {item.reason === null ? null : <span className="block text-sm text-muted">{item.reason}</span>}
                    {item.runId === null ? null : (
                      <Link to={paths.run(engagementId, item.runId)} className="text-sm">
                        the run that says so
                      </Link>
                    )}
                  </>
                ),
              },
              {
                term: 'On which data',
                label: <Term entry={glossaryEntry('digest')}>On which data</Term>,
                value: (
                  <>
                    measured on {item.content.datasetName} <Code>{item.evaluatedOn ?? item.content.datasetDigest}</Code>
                    {item.trainedOn.map((dataset) => (
                      <span key={dataset.digest} className="block">
                        trained on {dataset.name} <Code>{dataset.digest}</Code>
                      </span>
                    ))}
                  </>
                ),
              },
              {
                term: 'By whose approval',
                label: <Term entry={glossaryEntry('sign-off')}>By whose approval</Term>,
                value: (
                  <>
                    the criterion:{' '}
                    <Approval
                      by={item.signedBy === null ? null : `${item.signedBy} (${item.signedByAuthority ?? ''})`}
                      at={item.signedAt}
                      decisionId={item.decisionId}
                      engagementId={engagementId}
                      zone={zone}
                    />
                    <span className="block">
                      the model version:{' '}
                      <Approval
                        by={item.modelSignedBy}
                        at={item.modelSignedAt}
                        decisionId={item.modelDecisionId}
                        engagementId={engagementId}
                        zone={zone}
                      />
                    </span>
                  </>
                ),
              },
            ]}
          />
        </li>
      ))}
    </ul>
  )
}

function Approval({
  by,
  at,
  decisionId,
  engagementId,
  zone,
}: {
  by: string | null
  at: Date | null
  decisionId: string | null
  engagementId: string
  zone: string
}) {
  if (by === null || at === null) return 'not signed'
  return (
    <>
      {by}, <Time at={at} zone={zone} />
      {decisionId === null ? null : (
        <>
          {' · '}
          <Link to={paths.decision(engagementId, decisionId)}>record</Link>
        </>
      )}
    </>
  )
}
