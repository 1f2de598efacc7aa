import { AppError } from './errors.ts'
import type { Clause, Comparator, Entity, Order } from './search-filter.ts'
import { parseFilter, parseOrder } from './search-filter.ts'

/** What may be asked of one kind of thing. Source: MLflow 3, utils/search_utils. */
export interface Grammar {
  readonly attributes: Readonly<Record<string, 'text' | 'number'>>
  /** Other names that clients use, in lower case. */
  readonly aliases: Readonly<Record<string, string>>
  readonly entities: readonly Entity[]
}

export const RUN_GRAMMAR: Grammar = {
  attributes: {
    run_id: 'text',
    run_name: 'text',
    status: 'text',
    user_id: 'text',
    start_time: 'number',
    end_time: 'number',
    artifact_uri: 'text',
    experiment_id: 'text',
  },
  aliases: {
    'run name': 'run_name',
    runname: 'run_name',
    'run id': 'run_id',
    run_uuid: 'run_id',
    created: 'start_time',
  },
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
}

export const EXPERIMENT_GRAMMAR: Grammar = {
  attributes: { name: 'text', experiment_id: 'number', creation_time: 'number', last_update_time: 'number' },
  aliases: {},
  entities: ['attribute', 'tag'],
}

export const MODEL_GRAMMAR: Grammar = {
  attributes: { name: 'text', creation_timestamp: 'number', last_updated_timestamp: 'number' },
  aliases: { timestamp: 'last_updated_timestamp' },
  entities: ['attribute', 'tag'],
}

export const VERSION_GRAMMAR: Grammar = {
  attributes: {
    name: 'text',
    run_id: 'text',
    source_path: 'text',
    version_number: 'number',
    creation_timestamp: 'number',
    last_updated_timestamp: 'number',
  },
  aliases: { version: 'version_number', source: 'source_path', timestamp: 'last_updated_timestamp' },
  entities: ['attribute', 'tag'],
}

export const LOGGED_MODEL_GRAMMAR: Grammar = {
  attributes: {
    name: 'text',
    model_id: 'text',
    model_type: 'text',
    status: 'text',
    source_run_id: 'text',
    creation_timestamp: 'number',
    last_updated_timestamp: 'number',
  },
  aliases: { creation_time: 'creation_timestamp', last_updated_time: 'last_updated_timestamp' },
  entities: ['attribute', 'metric', 'param', 'tag'],
}

const NUMBER_SIGNS: readonly Comparator[] = ['=', '!=', '<', '<=', '>', '>=']
const TEXT_SIGNS: readonly Comparator[] = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN']
/** A parameter or a tag may also be missing. */
const OWN_SIGNS: readonly Comparator[] = [...TEXT_SIGNS, 'IS NULL', 'IS NOT NULL']
const DATASET_KEYS = ['name', 'digest', 'context']

/** Read a filter and check that each comparison means something. @throws AppError `invalid` */
export function readFilter(grammar: Grammar, text: string): Clause[] {
  return parseFilter(text).map((clause) => checkedClause(grammar, clause))
}

/** Read an `order_by` list. @throws AppError `invalid` */
export function readOrder(grammar: Grammar, items: readonly string[]): Order[] {
  const orders = items.map((item) => {
    const order = parseOrder(item)
    ensureEntity(grammar, order.entity)
    if (order.entity === 'dataset') throw new AppError('invalid', 'Runs are not ordered by dataset.')
    return order.entity === 'attribute' ? { ...order, key: attributeOf(grammar, order.key) } : order
  })
  if (new Set(orders.map(({ entity, key }) => `${entity} ${key}`)).size < orders.length)
    throw new AppError('invalid', `\`order_by\` contains duplicate fields: ${items.join(', ').slice(0, 200)}`)
  return orders
}

function checkedClause(grammar: Grammar, clause: Clause): Clause {
  ensureEntity(grammar, clause.entity)
  switch (clause.entity) {
    case 'attribute': {
      const key = attributeOf(grammar, clause.key)
      return checkedValue({ ...clause, key }, grammar.attributes[key] ?? 'text', key)
    }
    case 'metric':
      return checkedValue(clause, 'number', `metrics.${clause.key.slice(0, 50)}`)
    case 'dataset':
      if (!DATASET_KEYS.includes(clause.key))
        throw new AppError(
          'invalid',
          `Invalid dataset attribute key '${clause.key.slice(0, 100)}'. Valid keys are ${DATASET_KEYS.join(', ')}.`,
        )
      return checkedValue(clause, 'text', `dataset.${clause.key}`)
    case 'param':
    case 'tag':
      return checkedValue(clause, 'text', `${clause.entity}s.${clause.key.slice(0, 50)}`, OWN_SIGNS)
    default:
      return clause.entity satisfies never
  }
}

function checkedValue(
  clause: Clause,
  type: 'text' | 'number',
  name: string,
  signs = type === 'number' ? NUMBER_SIGNS : TEXT_SIGNS,
): Clause {
  if (!signs.includes(clause.comparator))
    throw new AppError(
      'invalid',
      `Invalid comparator '${clause.comparator}': ${name} is compared by ${signs.join(', ')}.`,
    )
  if ((typeof clause.value === 'number') !== (type === 'number'))
    throw new AppError('invalid', `The value of ${name} must be ${type === 'number' ? 'a number' : 'text in quotes'}.`)
  return clause
}

function ensureEntity(grammar: Grammar, entity: Entity): void {
  if (!grammar.entities.includes(entity))
    throw new AppError(
      'invalid',
      `Invalid entity type '${entity}'. Valid values are: ${grammar.entities.map((one) => `${one}s`).join(', ')}.`,
    )
}

function attributeOf(grammar: Grammar, key: string): string {
  if (Object.hasOwn(grammar.attributes, key)) return key
  const alias = Object.hasOwn(grammar.aliases, key.toLowerCase()) ? grammar.aliases[key.toLowerCase()] : undefined
  if (alias !== undefined) return alias
  throw new AppError(
    'invalid',
    `Invalid attribute key '${key.slice(0, 100)}' specified. Valid keys are ${Object.keys(grammar.attributes).join(', ')}.`,
  )
}
