import { isAppError } from '#app/domain/errors.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import { readFilter, readOrder, RUN_GRAMMAR } from '#app/domain/search-grammar.ts'

/** What a page about runs asks for, out of its URL: `?filter=` and `?order=` in MLflow's own words. */
export interface RunQuestion {
  readonly typed: { readonly filter: string; readonly order: string }
  readonly filter: readonly Clause[]
  readonly order: readonly Order[]
  /** One sentence when what was typed cannot be read; nothing is then filtered or ordered. */
  readonly error: string | null
}

export function runQuestion(url: URL): RunQuestion {
  const typed = { filter: url.searchParams.get('filter') ?? '', order: url.searchParams.get('order') ?? '' }
  try {
    const order = typed.order === '' ? [] : readOrder(RUN_GRAMMAR, [typed.order])
    return { typed, filter: readFilter(RUN_GRAMMAR, typed.filter), order, error: null }
  } catch (error) {
    if (!isAppError(error)) throw error
    return { typed, filter: [], order: [], error: error.message }
  }
}
