import type { EngagementId } from '#app/domain/ids.ts'
import type { RunListRow } from '#db/queries/run-list.ts'
import { searchRunList } from '#db/queries/run-list.ts'
import type { RequestContext } from './context.server.ts'
import { EXPORT_PAGE_ROWS, exportPages } from './export.ts'
import type { runQuestion } from './run-question.ts'

/** All rows of the table of runs that fit a question, in its order. */
export function runPages(
  portal: RequestContext,
  engagementId: EngagementId,
  { filter, order }: Pick<ReturnType<typeof runQuestion>, 'filter' | 'order'>,
) {
  return exportPages<RunListRow, readonly (string | null)[]>(portal, (tx, after) =>
    searchRunList(tx, engagementId, { filter, order, limit: EXPORT_PAGE_ROWS, ...(after === null ? {} : { after }) }),
  )
}
