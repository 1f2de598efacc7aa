import { and, desc, eq } from 'drizzle-orm'
import type { CriterionVersionId, EngagementId, PersonId } from '#app/domain/ids.ts'
import { criterionReports } from '../schema/criteria.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface CriterionReportRow {
  readonly id: string
  readonly value: number
  readonly windowFrom: string
  readonly windowTo: string
  readonly note: string
  readonly reportedByName: string
  readonly at: Date
}

/** What people reported of one version, newest first. */
export async function listCriterionReports(
  tx: Tx,
  engagementId: EngagementId,
  criterionVersionId: CriterionVersionId,
): Promise<CriterionReportRow[]> {
  return tx
    .select({
      id: criterionReports.id,
      value: criterionReports.value,
      windowFrom: criterionReports.windowFrom,
      windowTo: criterionReports.windowTo,
      note: criterionReports.note,
      reportedByName: persons.name,
      at: criterionReports.at,
    })
    .from(criterionReports)
    .innerJoin(persons, eq(persons.id, criterionReports.reportedBy))
    .where(
      and(eq(criterionReports.engagementId, engagementId), eq(criterionReports.criterionVersionId, criterionVersionId)),
    )
    .orderBy(desc(criterionReports.at), desc(criterionReports.id))
    .limit(200)
}

export async function insertCriterionReport(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    criterionVersionId: CriterionVersionId
    value: number
    windowFrom: string
    windowTo: string
    note: string
    reportedBy: PersonId
    at: Date
  },
): Promise<void> {
  await tx.insert(criterionReports).values(row)
}
