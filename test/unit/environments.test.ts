import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { PackageFile } from '#workers/environments/environments.ts'
import { BUILD_ENTRY, buildFiles, START_ENTRY, startFiles } from '#workers/environments/environments.ts'
import { cageExecutor } from '#workers/executors/cage.ts'
import { execute } from '../support/executor-contract.ts'
import type { WheelOptions } from '../support/wheel.ts'
import { aWheel } from '../support/wheel.ts'

const build = (...packages: readonly PackageFile[]) =>
  execute(cageExecutor(), '', { files: buildFiles(packages), entry: BUILD_ENTRY })

const run = (program: string, ...packages: readonly PackageFile[]) =>
  execute(cageExecutor(), '', {
    files: [{ path: '/job/main.py', bytes: new TextEncoder().encode(program) }, ...startFiles(packages)],
    entry: START_ENTRY,
  })

const needing = (requirement: string): WheelOptions => ({ metadata: [`Requires-Dist: ${requirement}`] })

describe('a build', () => {
  test('installs what is locked, checks it, imports each module, and says how far it is', async () => {
    const outcome = await build(
      aWheel('text_tools', 'import counting\ndef words(text): return counting.count(text.split())', {
        metadata: [
          'Requires-Python: >=3.9',
          'Requires-Dist: Counting (>=1.0,<2)',
          'Requires-Dist: colorama; sys_platform == "win32"',
          "Requires-Dist: pytest>=7; extra == 'test'",
          'Requires-Dist: tomli>=1.1; python_version < "3.11"',
        ],
        files: { 'text_tools-1.0.data/scripts/tool': '#!python\nraise SystemExit(9)\n' },
      }),
      aWheel('counting', 'count = len', { version: '1.4.0' }),
    )
    expect(outcome.stderr).toBe('')
    expect(outcome.end).toEqual({ state: 'succeeded' })
    expect(outcome.stdout).toContain('text-tools 1.0\ncounting 1.4.0\n')
    expect(outcome.stdout).toContain('import text_tools: done\nimport counting: done\nEvery module can be imported.')
    expect(outcome.progress.length).toBeGreaterThan(0)
    expect(outcome.requests).toEqual([])
  })

  test('of packages that do not fit says all that is wrong, and runs nothing of them', async () => {
    const outcome = await build(
      aWheel('first', 'print("ran")', needing('six>=1')),
      aWheel('second', 'print("ran")', needing('other>=2')),
      aWheel('other', ''),
      aWheel('third', '', { metadata: ['Requires-Python: >=4'] }),
      { ...aWheel('fourth', ''), name: 'good' },
      { ...aWheel('fifth', ''), version: '2.0' },
      aWheel('sixth', '', { files: { 'sixth-1.0.dist-info/RECORD': 'sixth/__init__.py,sha256=AAAA,0\n' } }),
    )
    expect(outcome.end).toMatchObject({ state: 'failed', reason: 'exit_code', exitCode: 1 })
    expect(outcome.stderr.trim().split('\n')).toEqual([
      'first needs six >=1, which is not among the packages.',
      'second needs other >=2, and 1.0 is there.',
      'third needs Python >=4.',
      'fourth-1.0-py3-none-any.whl does not hold the package good: its METADATA is missing or names another.',
      'fifth-1.0-py3-none-any.whl says it is version 2.0, and its METADATA says 1.0.',
      'sixth: sixth/__init__.py is not what its RECORD says.',
    ])
    expect(outcome.stdout).not.toContain('ran')
  })

  test('of a module that cannot be imported, or ends the program, is broken', async () => {
    const outcome = await build(aWheel('bad', 'import nowhere'), aWheel('worse', 'import sys; sys.exit(0)'))
    expect(outcome.end).toMatchObject({ state: 'failed', reason: 'exit_code', exitCode: 1 })
    expect(outcome.stderr).toContain("bad: import bad failed: No module named 'nowhere'")
    expect(outcome.stderr).toContain('worse: import worse failed: 0')
    expect(outcome.end).toMatchObject({
      message: "bad: import bad failed: No module named 'nowhere' worse: import worse failed: 0",
    })
  })

  test('tries each module that a package brings, whatever it is called, and says which ones no program would get', async () => {
    const outcome = await build(
      aWheel('build', 'print("the real one")'),
      aWheel('typing', 'import nowhere'),
      aWheel('hidden', '', { files: { 'hidden-1.0.data/purelib/inner.py': 'import nowhere' } }),
    )
    expect(outcome.stdout).toContain('the real one\nimport build: done\n')
    expect(outcome.stdout).toContain('import typing: not tried, programs get the interpreter’s own module')
    expect(outcome.stderr).toContain("hidden: import inner failed: No module named 'nowhere'")
    expect(outcome.end).toMatchObject({ state: 'failed', reason: 'exit_code' })
  })

  test('of a wheel without a RECORD, or with one by a digest that none may use, is broken', async () => {
    const outcome = await build(
      aWheel('none', '', { files: { 'none-1.0.dist-info/RECORD': '' } }),
      aWheel('weak', '', { files: { 'weak-1.0.dist-info/RECORD': 'weak/__init__.py,md5=AAAA,0\n' } }),
    )
    expect(outcome.stderr.trim().split('\n')).toEqual([
      'none has no RECORD, which every wheel has.',
      'weak: weak/__init__.py is not what its RECORD says.',
    ])
  })

  test('unpacks no wheel that is not what was locked, leaves its folder or holds compiled code', async () => {
    const other = aWheel('other', '')
    const text = (files: Record<string, string>) => [aWheel('bad', '', { files })]
    const noZip = Buffer.from('no zip')
    const broken: [readonly PackageFile[], string][] = [
      [[{ ...aWheel('bad', ''), sha256: other.sha256 }], 'not the file that was locked'],
      [text({ '../../job/main.py': 'x' }), 'leaves its folder'],
      [text({ '/env/start.py': 'x' }), 'leaves its folder'],
      [text({ 'bad/fast.so': 'x' }), 'holds compiled code: bad/fast.so'],
      [[aWheel('bad', '', { files: { 'other/__init__.py': 'x' } }), other], 'bad and other both bring'],
      [[aWheel('bad', '', { files: { './other/__init__.py': 'x' } }), other], 'not written plainly'],
      [[aWheel('bad', '', { files: { 'other//__init__.py': 'x' } }), other], 'not written plainly'],
      [text({ 'bad-1.0.data/purelib/bad/__init__.py': 'x' }), 'holds bad/__init__.py twice'],
      [[{ ...aWheel('bad', ''), wheel: noZip, sha256: createHash('sha256').update(noZip).digest('hex') }], 'unpacked'],
    ]
    const program = `
import json, shutil
from _environment import SITE, Broken, install
for packages in json.load(open('/env/broken.json')):
    shutil.rmtree(SITE, ignore_errors=True)
    try:
        install(packages)
        print('installed')
    except Broken as error:
        print(error)
`
    const place = (tried: number, sha256: string) => `/env/tried/${String(tried)}-${sha256}.whl`
    const order = broken.map(([packages], tried) =>
      packages.map(({ wheel: _, ...one }) => ({ ...one, file: one.fileName, path: place(tried, one.sha256) })),
    )
    const outcome = await execute(cageExecutor(), '', {
      files: [
        ...buildFiles([]),
        { path: '/env/try.py', bytes: new TextEncoder().encode(program) },
        { path: '/env/broken.json', bytes: new TextEncoder().encode(JSON.stringify(order)) },
        ...broken.flatMap(([packages], tried) =>
          packages.map(({ wheel, sha256 }) => ({ path: place(tried, sha256), bytes: wheel })),
        ),
      ],
      entry: '/env/try.py',
    })
    const said = outcome.stdout.trim().split('\n')
    expect(said).toEqual(broken.map(([, why]) => expect.stringContaining(why)))
  })
})

describe('a program in an environment', () => {
  test('imports its packages, and what it has beside it and in the standard library before them', async () => {
    const outcome = await run(
      `
import sys, os, json, text_tools
print(text_tools.hello(), json.__file__.startswith('/lib'), os.getcwd(), sys.argv, sys.path[0], __name__)
import environment_of_mine
`,
      aWheel('text_tools', 'def hello(): return "hello"', {
        files: { 'json/__init__.py': 'raise SystemExit("taken")', 'main.py': 'raise SystemExit("taken")' },
      }),
    )
    expect(outcome.stdout).toBe("hello True /job ['/job/main.py'] /job __main__\n")
    expect(outcome.end).toMatchObject({ state: 'failed', reason: 'exception' })
    expect(outcome.stderr).toContain('File "/job/main.py", line 4')
    expect(outcome.stderr).not.toContain('/env/start.py')
  })
})
