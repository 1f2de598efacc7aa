import { sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import { PLANNED_ANEW } from '../planned-anew.ts'
import type { Clause, Entity, Order } from '#app/domain/search-filter.ts'

/** The comparison with a value; for equality also with what its index holds of it, where there is one. */
export type Passes = (value: SQL, indexed?: SQL) => SQL

/** An index entry has a size limit: of long texts the index holds so many characters. */
const INDEXED_LENGTH = 200

/** How the rows of one kind are asked for what a filter or an order names. The grammar has refused all that is not here. */
export interface Searchable {
  readonly attributes: Readonly<Record<string, { readonly by: SQL; readonly type: Term['type'] }>>
  /** True for rows with a value of `key` that passes `compared`, such as `= 'x'`. */
  readonly having: Partial<Record<Exclude<Entity, 'attribute'>, (key: string, passes: Passes) => SQL>>
  /** The row's value of `key`, null without one. */
  readonly value: Partial<Record<Exclude<Entity, 'attribute'>, (key: string) => SQL>>
  /** Unique, and the last word in every order. */
  readonly id: SQL
  readonly idType: 'text' | 'bigint' | 'uuid'
}

/** A time as clients say it: milliseconds since 1970. */
export function epochMs(column: AnyPgColumn): SQL {
  return sql`(extract(epoch from ${column}) * 1000)::bigint`
}

/** What a filter asks of a row. Statements with one are planned for its names and values: they are all there is to choose by. */
export function conditionsOf(of: Searchable, clauses: readonly Clause[]): SQL[] {
  const [first, ...others] = clauses.map((clause) => {
    if (clause.comparator === 'IS NULL' || clause.comparator === 'IS NOT NULL') {
      const value = clause.entity === 'attribute' ? undefined : of.value[clause.entity]?.(clause.key)
      return sql`${value ?? sql`null::text`} ${sql.raw(clause.comparator)}`
    }
    const passes: Passes = (value, indexed) =>
      indexed && clause.comparator === '=' && typeof clause.value === 'string'
        ? sql`${comparison(value, clause)} and ${indexed} = ${[...clause.value].slice(0, INDEXED_LENGTH).join('')}::text`
        : comparison(value, clause)
    if (clause.entity === 'attribute') return passes(of.attributes[clause.key]?.by ?? sql`null::text`)
    return of.having[clause.entity]?.(clause.key, passes) ?? sql`false`
  })
  return first === undefined ? [] : [sql`${sql.raw(PLANNED_ANEW)} ${first}`, ...others]
}

function comparison(value: SQL, { entity, comparator, value: given }: Clause): SQL {
  if (comparator === 'IN') return sql`${value} = any(${sql.param(given)}::text[])`
  if (comparator === 'NOT IN') return sql`${value} <> all(${sql.param(given)}::text[])`
  // PostgreSQL puts NaN above every number; to a reader it is none, and more than nothing.
  if (entity === 'metric' && (comparator === '>' || comparator === '>='))
    return sql`${value} ${sql.raw(comparator)} ${given}::float8 and ${value} <> 'NaN'::float8`
  return sql`${value} ${sql.raw(comparator)} ${typeof given === 'number' ? sql`${given}::float8` : sql`${given}::text`}`
}

export interface Term {
  readonly by: SQL
  readonly isAscending: boolean
  readonly type: 'text' | 'float8' | 'bigint' | 'uuid' | 'int'
  /** True for a column without nulls: the database may then begin in the middle of an index. */
  readonly isAlwaysThere?: true
}

/** The terms of an order: those asked for, then `byDefault`, then the id. Nulls come last, NaN before them. */
export function termsOf(of: Searchable, orders: readonly Order[], byDefault: readonly Term[]): Term[] {
  const asked = orders.flatMap(({ entity, key, isAscending }): Term[] => {
    if (entity === 'attribute') {
      return [{ ...(of.attributes[key] ?? { by: sql`null::text`, type: 'text' as const }), isAscending }]
    }
    const value = of.value[entity]?.(key) ?? sql`null::text`
    if (entity !== 'metric') return [{ by: value, isAscending, type: 'text' }]
    return [
      {
        by: sql`case when ${value} is null then 2 when ${value} = 'NaN'::float8 then 1 else 0 end`,
        isAscending: true,
        type: 'int',
      },
      { by: sql`nullif(${value}, 'NaN'::float8)`, isAscending, type: 'float8' },
    ]
  })
  return [...asked, ...byDefault, { by: of.id, isAscending: true, type: of.idType, isAlwaysThere: true }]
}

/** Where there are no nulls nothing is said of them, so that an index can give the order. */
export function orderingOf(terms: readonly Term[]): SQL {
  return sql.join(
    terms.map(({ by, isAscending, isAlwaysThere }) => {
      const direction = isAscending ? 'asc' : 'desc'
      return sql`${by} ${sql.raw(isAlwaysThere ? direction : `${direction} nulls last`)}`
    }),
    sql`, `,
  )
}

/** The values of a row's terms, as text, for the next page's token. */
export function positionOf(terms: readonly Term[]): SQL<(string | null)[]> {
  return sql<(string | null)[]>`json_build_array(${sql.join(
    terms.map(({ by }) => sql`(${by})::text`),
    sql`, `,
  )})`
}

/** Rows behind a position. A position of another order's length is refused by the caller. */
export function behind(terms: readonly Term[], position: readonly (string | null)[]): SQL {
  const value = (at: number) => {
    const type = terms[at]?.type ?? 'text'
    return sql`${position[at] ?? null}::${sql.raw(type)}`
  }
  const isEqual = (term: Term, at: number) => sql`${typed(term)} is not distinct from ${value(at)}`
  const sign = (term: Term) => sql.raw(term.isAscending ? '>' : '<')
  const isBehind = (term: Term, at: number) => {
    if ((position[at] ?? null) === null) return sql`false`
    const isFurther = sql`${typed(term)} ${sign(term)} ${value(at)}`
    return term.isAlwaysThere ? isFurther : sql`(${isFurther} or ${typed(term)} is null)`
  }
  const steps = terms.map(
    (term, at) => sql`(${sql.join([...terms.slice(0, at).map(isEqual), isBehind(term, at)], sql` and `)})`,
  )
  const [first] = terms
  const bound = first?.isAlwaysThere ? sql`${typed(first)} ${sign(first)}= ${value(0)} and ` : sql``
  return sql`${bound}(${sql.join(steps, sql` or `)})`
}

function typed(term: Term): SQL {
  return term.isAlwaysThere ? term.by : sql`(${term.by})::${sql.raw(term.type)}`
}
