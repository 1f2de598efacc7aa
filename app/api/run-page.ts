import type { EngagementId } from '#app/domain/ids.ts'
import { runQuestion } from '#app/server/run-question.ts'
import { searchRunList } from '#db/queries/run-list.ts'
import { runPositionLength } from '#db/queries/run-search.ts'
import type { Tx } from '#db/types.ts'
import { pageTokenOf, positionIn } from './mlflow/page-token.ts'

/**
 * The page of runs that a URL asks for by `filter`, `order` and `after`.
 * @throws AppError `invalid` for a token of another question
 */
export async function runPage(tx: Tx, engagementId: EngagementId, url: URL, limit: number) {
  const question = runQuestion(url)
  const asked = ['page', engagementId, question.typed]
  const after = positionIn(asked, url.searchParams.get('after'), runPositionLength(question.order))
  const { rows, next } = await searchRunList(tx, engagementId, {
    filter: question.filter,
    order: question.order,
    limit,
    ...(after === undefined ? {} : { after }),
  })
  return { question, isFirstPage: after === undefined, rows, next: next === null ? null : pageTokenOf(asked, next) }
}
