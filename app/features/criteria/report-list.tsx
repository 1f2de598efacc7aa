import type { CriterionContent } from '#app/domain/criterion.ts'
import { isBelowFloor, plainNumber, reaches } from '#app/domain/criterion.ts'
import { Badge } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'

/** What people reported of a criterion, newest first. */
export function ReportList({
  reports,
  content,
  zone,
}: {
  reports: readonly {
    readonly id: string
    readonly value: number
    readonly windowFrom: string
    readonly windowTo: string
    readonly note: string
    readonly reportedByName: string
    readonly at: Date
  }[]
  content: CriterionContent
  zone: string
}) {
  if (reports.length === 0) return <p className="text-muted">Nothing was reported yet; unmeasured is not zero.</p>
  const goal = { ...content, target: content.onlineTarget ?? content.target }
  return (
    <ul className="grid gap-2">
      {reports.map((report) => (
        <li key={report.id} className="flex flex-wrap items-baseline gap-x-3">
          <Badge tone={reaches(goal, report.value) ? 'met' : isBelowFloor(content, report.value) ? 'breach' : 'risk'}>
            {reaches(goal, report.value) ? 'Met' : isBelowFloor(content, report.value) ? 'Below the floor' : 'Not met'}
          </Badge>
          <span className="font-semibold">
            {plainNumber(report.value)} {content.unit}
          </span>
          <span className="text-sm text-muted">
            {report.windowFrom} to {report.windowTo} · {report.reportedByName}, <Time at={report.at} zone={zone} />
            {report.note === '' ? '' : ` · ${report.note}`}
          </span>
        </li>
      ))}
    </ul>
  )
}
