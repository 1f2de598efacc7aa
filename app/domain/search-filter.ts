import { AppError } from './errors.ts'

const SIGNS = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE', 'IN'] as const
export type Comparator = (typeof SIGNS)[number] | 'NOT IN' | 'IS NULL' | 'IS NOT NULL'

export type Entity = 'metric' | 'param' | 'tag' | 'attribute' | 'dataset'

/** One comparison: `metrics.auc > 0.8`, `tags."team" LIKE 'a%'`, `name = 'x'`. */
export interface Clause {
  /** An entity that was not named is an attribute. */
  readonly entity: Entity
  readonly key: string
  readonly comparator: Comparator
  /** Empty for a comparator that takes none. */
  readonly value: string | number | readonly string[]
}

export interface Order {
  readonly entity: Entity
  readonly key: string
  readonly isAscending: boolean
}

const LENGTH_MAX = 4096
const CLAUSES_MAX = 20

const ENTITIES: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
}

type Token =
  | { readonly kind: 'word' | 'quoted' | 'string' | 'number'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string }

/**
 * Read MLflow's filter language: comparisons joined by AND. No regular expression sees the text as a whole, so its
 * time is linear in its length.
 * @returns an empty list for an empty filter
 * @throws AppError `invalid` with a sentence that names the place
 */
export function parseFilter(text: string): Clause[] {
  if (text.trim() === '') return []
  const reader = readerOf(tokensOf(text))
  const clauses = [readClause(reader)]
  while (!reader.isAtEnd()) {
    reader.expectWord('AND')
    clauses.push(readClause(reader))
    if (clauses.length > CLAUSES_MAX) throw invalid(`A filter may have at most ${String(CLAUSES_MAX)} comparisons.`)
  }
  return clauses
}

/** Read one item of `order_by`: `metrics.auc DESC`. @throws AppError `invalid` */
export function parseOrder(text: string): Order {
  const reader = readerOf(tokensOf(text))
  const { entity, key } = readIdentifier(reader)
  const direction = reader.isAtEnd() ? 'ASC' : reader.next().text.toUpperCase()
  if (!reader.isAtEnd() || (direction !== 'ASC' && direction !== 'DESC'))
    throw invalid(`Invalid order_by clause '${text.slice(0, 200)}': it ends with ASC or DESC.`)
  return { entity, key, isAscending: direction === 'ASC' }
}

interface Reader {
  isAtEnd(): boolean
  peek(): Token | undefined
  next(): Token
  expectWord(word: string): void
}

function readerOf(tokens: readonly Token[]): Reader {
  let at = 0
  const next = (): Token => {
    const token = tokens[at]
    if (!token) throw invalid('Invalid filter: it ends too early.')
    at += 1
    return token
  }
  return {
    isAtEnd: () => at >= tokens.length,
    peek: () => tokens[at],
    next,
    expectWord(word) {
      const token = next()
      if (token.kind !== 'word' || token.text.toUpperCase() !== word)
        throw invalid(`Invalid filter: expected ${word}, found '${token.text.slice(0, 50)}'.`)
    },
  }
}

function readClause(reader: Reader): Clause {
  const { entity, key } = readIdentifier(reader)
  const comparator = readComparator(reader)
  return { entity, key, comparator, value: readValue(reader, comparator) }
}

function readIdentifier(reader: Reader): { entity: Entity; key: string } {
  const first = reader.next()
  if (first.kind !== 'word' && first.kind !== 'quoted')
    throw invalid(`Invalid filter: '${first.text.slice(0, 50)}' is not a name.`)
  const dot = first.kind === 'word' ? first.text.indexOf('.') : -1
  if (dot < 0) return { entity: 'attribute', key: first.text }
  const named = first.text.slice(0, dot).toLowerCase()
  const entity = Object.hasOwn(ENTITIES, named) ? ENTITIES[named] : undefined
  if (!entity)
    throw invalid(
      `Invalid entity type '${named.slice(0, 100)}'. Valid values are: metrics, params, tags, datasets, attributes.`,
    )
  const rest = first.text.slice(dot + 1)
  if (rest !== '') return { entity, key: rest }
  const quoted = reader.next()
  if (quoted.kind !== 'quoted' && quoted.kind !== 'string')
    throw invalid('Invalid filter: a name is missing after the dot.')
  return { entity, key: quoted.text }
}

function readComparator(reader: Reader): Comparator {
  const token = reader.next()
  const word = token.text.toUpperCase()
  if (word === 'NOT') {
    reader.expectWord('IN')
    return 'NOT IN'
  }
  if (word === 'IS') return readNull(reader)
  const found = SIGNS.find((comparator) => comparator === word)
  if (!found || (token.kind !== 'sign' && token.kind !== 'word'))
    throw invalid(`Invalid comparator '${token.text.slice(0, 50)}'.`)
  return found
}

function readNull(reader: Reader): Comparator {
  const isNegated = reader.peek()?.text.toUpperCase() === 'NOT'
  if (isNegated) reader.next()
  reader.expectWord('NULL')
  return isNegated ? 'IS NOT NULL' : 'IS NULL'
}

function readValue(reader: Reader, comparator: Comparator): Clause['value'] {
  if (comparator === 'IN' || comparator === 'NOT IN') return readList(reader)
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return ''
  const token = reader.next()
  if (token.kind === 'number') return Number(token.text)
  if (token.kind === 'string' || token.kind === 'quoted') return token.text
  throw invalid(`Invalid filter: '${token.text.slice(0, 50)}' is not a value; put text in quotes.`)
}

function readList(reader: Reader): string[] {
  const values: string[] = []
  if (reader.next().text !== '(') throw invalid('Invalid filter: a list begins with a parenthesis.')
  for (;;) {
    const token = reader.next()
    if (token.kind !== 'string' && token.kind !== 'quoted')
      throw invalid('Invalid filter: a list holds text in quotes.')
    values.push(token.text)
    if (values.length > 1000) throw invalid('Invalid filter: a list has at most 1000 values.')
    const end = reader.next().text
    if (end === ')') return values
    if (end !== ',') throw invalid('Invalid filter: values of a list are separated by commas.')
  }
}

function tokensOf(text: string): Token[] {
  if (text.length > LENGTH_MAX) throw invalid(`A filter may have at most ${String(LENGTH_MAX)} characters.`)
  if (text.includes('\u0000')) throw invalid('A filter cannot hold U+0000.')
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (/\s/.test(char)) at += 1
    else if (char === "'" || char === '"' || char === '`') {
      const end = text.indexOf(char, at + 1)
      if (end < 0) throw invalid('Invalid filter: a quote is not closed.')
      tokens.push({ kind: char === "'" ? 'string' : 'quoted', text: text.slice(at + 1, end) })
      at = end + 1
    } else if ('<>!='.includes(char)) {
      const sign = text.charAt(at + 1) === '=' ? `${char}=` : char
      tokens.push({ kind: 'sign', text: sign })
      at += sign.length
    } else if ('(),'.includes(char)) {
      tokens.push({ kind: 'sign', text: char })
      at += 1
    } else {
      const end = endOfWord(text, at)
      const word = text.slice(at, end)
      tokens.push({ kind: isNumber(word) ? 'number' : 'word', text: word })
      at = end
    }
  }
  return tokens
}

/** A decimal number; what JavaScript reads beyond that, such as 0x10, is none. */
function isNumber(word: string): boolean {
  return /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(word) && Number.isFinite(Number(word))
}

function endOfWord(text: string, start: number): number {
  let at = start
  while (at < text.length && !/[\s'"`<>!=(),]/.test(text.charAt(at))) at += 1
  return Math.max(at, start + 1)
}

function invalid(message: string): AppError {
  return new AppError('invalid', message)
}
