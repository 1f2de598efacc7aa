import { describe, expect, test } from 'vitest'
import { environmentState, isSameLock, keptNames, lockFile, nameRefusal, nextPackages, parseWheelName, pinRefusal, rebuildRefusal } from '#app/domain/environment.ts' // prettier-ignore
import { JOB_STATES } from '#app/domain/job.ts'

const locked = (name: string, version = '1.0', digit = 'a') => ({
  ...{ name, version, fileName: `${name}-${version}-py3-none-any.whl`, sha256: digit.repeat(64) },
})

describe('a wheel by its name', () => {
  test.each([
    ['Text_Tools-1.2.3-py3-none-any.whl', { name: 'text-tools', version: '1.2.3' }],
    ['six-1.16.0-py2.py3-none-any.whl', { name: 'six', version: '1.16.0' }],
    ['zope.interface-6.0+local.1-1-py313-none-any.whl', { name: 'zope-interface', version: '6.0+local.1' }],
  ])('%s is pure Python', (fileName, wheel) => {
    expect(parseWheelName(fileName)).toEqual({ ...wheel, fileName })
  })

  test.each([
    ['numpy-2.0.0-cp313-cp313-manylinux_2_17_x86_64.whl', /compiled code/],
    ['old-1.0-py2-none-any.whl', /another Python/],
    ['text-tools-1.0.tar.gz', /not named as a wheel/],
    ['../../etc/passwd-1-py3-none-any.whl', /not named as a wheel/],
    ['a-b-py3-none-any.whl', /not named as a wheel/],
    [`${'a'.repeat(300)}-1-py3-none-any.whl`, /not named as a wheel/],
    ['', /not named as a wheel/],
  ])('%s is refused', (fileName, why) => {
    expect(parseWheelName(fileName)).toMatch(why)
  })
})

describe('the next version', () => {
  test('keeps what stays, and a new wheel takes the place of what has its name', () => {
    expect(nextPackages([locked('b'), locked('c')], [locked('c', '2.0'), locked('a')])).toEqual([
      locked('a'),
      locked('b'),
      locked('c', '2.0'),
    ])
  })

  test('is none without packages, with two wheels of one, and with too many', () => {
    expect(nextPackages([], [])).toMatch(/at least one wheel/)
    expect(nextPackages([], [locked('a'), locked('a', '2.0')])).toBe('There are two wheels of a. Choose one.')
    expect(
      nextPackages(
        [],
        Array.from({ length: 101 }, (_, index) => locked(`p${String(index)}`)),
      ),
    ).toMatch(/at most 100/)
  })

  test('knows which boxes were ticked', () => {
    expect(keptNames({ 'keep:a': 'yes', 'keep:b-c': 'yes', note: 'x', keep: 'yes' })).toEqual(new Set(['a', 'b-c']))
  })
})

describe('a lock', () => {
  test('is a file of pip with the interpreter, in one order', () => {
    const file = lockFile('pyodide 1', [locked('b', '2'), locked('a')])
    expect(file).toBe(`# pyodide 1\na==1.0 --hash=sha256:${'a'.repeat(64)}\nb==2 --hash=sha256:${'a'.repeat(64)}\n`)
    expect(lockFile('pyodide 1', [locked('a'), locked('b', '2')])).toBe(file)
  })

  test('is the same only for the same bytes', () => {
    expect(isSameLock([locked('a'), locked('b')], [locked('b'), locked('a')])).toBe(true)
    expect(isSameLock([locked('a')], [locked('a', '1.0', 'b')])).toBe(false)
  })
})

describe('a version', () => {
  test('is what its build is: only one that succeeded can be run in, only one that failed is built again', () => {
    const states = JOB_STATES.map((state) => [state, environmentState(state)])
    expect(Object.fromEntries(states)).toEqual({
      ...{ queued: 'building', running: 'building', succeeded: 'ready' },
      ...{ failed: 'failed', timed_out: 'failed', cancelled: 'failed', lost: 'failed' },
    })
    expect(rebuildRefusal('failed')).toBeNull()
    expect(rebuildRefusal('ready')?.reason).toMatch(/never changes/)
    expect(rebuildRefusal('building')?.reason).toMatch(/being built/)
  })

  test('is run in by the interpreter that it was built for, and by no other', () => {
    const version = { label: 'a v1', state: 'ready' as const, interpreter: 'pyodide 1' }
    expect(pinRefusal(version, 'pyodide 1')).toBeNull()
    expect(pinRefusal(version, 'pyodide 2')?.reason).toMatch(/built for pyodide 1; jobs run on pyodide 2/)
    expect(pinRefusal({ ...version, state: 'failed' }, 'pyodide 1')?.reason).toMatch(/not ready/)
  })
})

describe('the name of an environment', () => {
  test.each(['text-tools', 'Text tools', 'TEXT_TOOLS', 'text  tools', 'ｔext tools'])(
    '%s is taken by another',
    (name) => {
      expect(nameRefusal(name, ['text-tools'])?.reason).toContain('There is an environment called text-tools.')
    },
  )

  test('may be what nobody reads as another, and never the built-in one’s', () => {
    expect(nameRefusal('text-tools 2', ['text-tools'])).toBeNull()
    expect(nameRefusal('built in', [])?.reason).toContain('Choose another name.')
  })
})
