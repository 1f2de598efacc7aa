/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * Canonical JSON text of a value, by RFC 8785 (JSON Canonicalization Scheme): no white space, members sorted by
 * UTF-16 code units, numbers and strings as ECMAScript writes them.
 * @throws TypeError for NaN, infinities and strings with lone surrogates, which I-JSON does not allow
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('Canonical JSON has no NaN and no infinity.')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return canonicalString(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

function canonicalString(text: string): string {
  if (!isWellFormed(text)) throw new TypeError('Canonical JSON has no lone surrogates.')
  return JSON.stringify(text)
}

function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** False when the text holds half of a surrogate pair: PostgreSQL and RFC 8785 both refuse it. */
export function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)
}
