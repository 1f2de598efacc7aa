import { Link } from '@remix-run/react'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { criterionLine, plainNumber, progress, targetPhrase } from '#app/domain/criterion.ts'
import type { VersionState } from '#app/domain/criterion.ts'
import { findMetric, metricName } from '#app/domain/metric.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import { CriterionBullet } from '#app/ui/lazy-chart.tsx'
import { Value } from '#app/ui/number.tsx'
import { Time } from '#app/ui/time.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'
import { VersionBadge } from '../version-badge.tsx'

export interface CriterionCardProps {
  readonly engagementId: string
  readonly criterionId: string
  readonly criterionKey: string
  readonly version: number
  readonly state: VersionState
  readonly content: CriterionContent
  readonly current: {
    readonly runId: string
    readonly runName: string
    readonly verdict: VerdictKind
    readonly value: number
    readonly ciLow: number | null
    readonly ciHigh: number | null
    readonly rows: number | null
    readonly reason: string
    readonly at: Date
    readonly isLive: boolean
  } | null
  readonly signedBy: string | null
  readonly signedAt: Date | null
  readonly decisionId: string | null
  readonly now: Date
  readonly zone: string
}

/** One criterion: what was agreed in one line, baseline to now to target, and who signed which version. */
export function CriterionCard(props: CriterionCardProps) {
  const { content, current, engagementId, now, zone } = props
  const share = progress(content, current?.value ?? null)
  return (
    <article
      className="rounded-lg border border-line bg-surface p-4"
      aria-labelledby={`criterion-${props.criterionId}`}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 id={`criterion-${props.criterionId}`} className="text-lg font-semibold">
          <Link to={paths.criterion(engagementId, props.criterionId)} className="text-ink">
            {props.criterionKey} {content.name}
          </Link>
        </h3>
        {current ? <VerdictBadge verdict={current.verdict} /> : <Badge tone="unknown">Unmeasured</Badge>}
        {props.state === 'agreed' ? null : <VersionBadge state={props.state} />}
      </div>
      <p className="mt-1 text-muted">{criterionLine(content)}</p>

      <CriterionBullet
        title={`${metricName(content.metricKey)}: baseline ${plainNumber(content.baseline)}, now ${current ? plainNumber(current.value) : 'unmeasured'}, target ${targetPhrase(content)}`}
        baseline={content.baseline}
        now={current?.value ?? null}
        target={content.target}
        low={current?.ciLow ?? null}
        high={current?.ciHigh ?? null}
        isLowerBetter={content.direction === 'lower'}
      />

      <table className="w-full max-w-xl text-left">
        <caption className="sr-only">Baseline, now and target of {content.name}</caption>
        <thead className="text-sm text-muted">
          <tr>
            <th scope="col" className="pr-4 font-normal">
              Baseline
            </th>
            <th scope="col" className="pr-4 font-normal">
              Now
            </th>
            <th scope="col" className="pr-4 font-normal">
              Target
            </th>
            <th scope="col" className="font-normal">
              Progress
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="text-lg font-semibold">
            <td className="pr-4">
              <Value value={content.baseline} unit={content.unit} missing="No baseline" />
            </td>
            <td className="pr-4">
              <Value value={current?.value ?? null} unit={content.unit} missing="No comparable run yet" />
            </td>
            <td className="pr-4">{targetPhrase(content)}</td>
            <td>
              {share === null ? (
                <Value value={null} missing="Nothing measured" />
              ) : (
                `${String(Math.round(share * 100))} %`
              )}
            </td>
          </tr>
        </tbody>
      </table>

      <p className="mt-2 text-sm text-muted">
        {current ? (
          <>
            {current.reason} {current.rows === null ? null : `n ${plainNumber(current.rows)} · `}
            {current.isLive ? 'live model · ' : 'best comparable run · '}
            <Link to={paths.run(engagementId, current.runId)}>run {current.runName}</Link> ·{' '}
            <Time at={current.at} now={now} zone={zone} />
          </>
        ) : (
          'No run was measured on this dataset yet; unmeasured is not zero.'
        )}
      </p>
      <p className="mt-1 text-sm text-muted">
        {props.signedBy !== null && props.signedAt !== null && props.state === 'agreed' ? (
          <>
            Version {props.version}, signed by {props.signedBy}, <Time at={props.signedAt} zone={zone} />
            {props.decisionId === null ? null : (
              <>
                {' · '}
                <Link to={paths.decision(engagementId, props.decisionId)}>record</Link>
              </>
            )}
          </>
        ) : (
          `Version ${String(props.version)} is not signed, so nothing can meet it.`
        )}
        {findMetric(content.metricKey) === null ? null : ` · ${findMetric(content.metricKey)?.means ?? ''}`}
      </p>
    </article>
  )
}
