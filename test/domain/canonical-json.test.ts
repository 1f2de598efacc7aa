import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#app/domain/canonical-json.ts'

describe('canonical JSON (RFC 8785)', () => {
  test('writes the example of the RFC, section 3.2.3, in its order and its numbers', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test('sorts members by UTF-16 code units, as section 3.2.3 shows', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const written = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))
    expect(Object.keys(JSON.parse(written) as object).filter((key) => key !== '1')).toEqual([
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ])
    expect(written.indexOf('"1"')).toBeLessThan(written.indexOf('"\u0080"'))
  })

  test('does not depend on the order in which members were added, and reads back the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.boolean())), (value) => {
        const backwards = Object.fromEntries(Object.entries(value).reverse())
        fc.pre(Object.keys(value).every((key) => key !== '__proto__'))
        expect(canonicalJson(backwards)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual({ ...value })
      }),
    )
  })

  test.each([NaN, Infinity, -Infinity])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError)
  })

  test('refuses half a surrogate pair, in values and names', () => {
    expect(() => canonicalJson('\ud800')).toThrow('lone surrogates')
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow('lone surrogates')
    expect(canonicalJson('😀')).toBe('"😀"')
  })
})
