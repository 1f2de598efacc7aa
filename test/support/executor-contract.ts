import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type {
  ExecutionEnd,
  ExecutionHooks,
  ExecutionSpec,
  Executor,
  TrackingRequest,
} from '#workers/executors/executor.ts'

export interface Outcome {
  readonly end: ExecutionEnd
  readonly stdout: string
  readonly stderr: string
  readonly firstLogAtMs: number
  readonly progress: readonly [number, string][]
  readonly usage: readonly { memoryMb: number; cpuSeconds: number }[]
  readonly requests: readonly TrackingRequest[]
  readonly tookMs: number
}

/** Run a program and keep all that it did. */
export async function execute(
  executor: Executor,
  program: string,
  spec: Partial<ExecutionSpec> = {},
  hooks: Partial<ExecutionHooks> = {},
): Promise<Outcome> {
  const startedAt = performance.now()
  const heard = { stdout: '', stderr: '' }
  const progress: [number, string][] = []
  const usage: { memoryMb: number; cpuSeconds: number }[] = []
  const requests: TrackingRequest[] = []
  let firstLogAtMs = Infinity
  const end = await executor.run(
    {
      id: randomUUID(),
      files: [
        { path: '/job/main.py', bytes: new TextEncoder().encode(program) },
        { path: '/data/rows.csv', bytes: new TextEncoder().encode('a,b\n1,2\n') },
      ],
      entry: '/job/main.py',
      timeoutSeconds: 60,
      memoryMbMax: 700,
      ...spec,
    },
    {
      onLog(stream, text) {
        firstLogAtMs = Math.min(firstLogAtMs, performance.now() - startedAt)
        heard[stream] += text
      },
      onProgress: (fraction, note) => progress.push([fraction, note]),
      onUsage: (memoryMb, cpuSeconds) => usage.push({ memoryMb, cpuSeconds }),
      track: (request) => {
        requests.push(request)
        return Promise.resolve({ status: 200, headers: {}, body: new TextEncoder().encode('{"ok": true}') })
      },
      signal: new AbortController().signal,
      ...hooks,
    },
  )
  return { end, ...heard, firstLogAtMs, progress, usage, requests, tookMs: performance.now() - startedAt }
}

/** What every executor must do; each runs these tests. */
export function executorContract(name: string, executor: () => Executor): void {
  const run = (program: string, spec?: Partial<ExecutionSpec>, hooks?: Partial<ExecutionHooks>) =>
    execute(executor(), program, spec, hooks)

  describe(`${name}, as every executor`, { timeout: 90_000 }, () => {
    test('runs a program on its files, and streams what it says while it runs', async () => {
      const outcome = await run(`
import sys, time
from _cage import progress
print('rows:', open('/data/rows.csv').read().split())
progress(0.5, 'half')
until = time.time() + 2.5
while time.time() < until: pass
print('to the other stream', file=sys.stderr)
`)
      expect(outcome.end).toEqual({ state: 'succeeded' })
      expect(outcome.stdout).toBe("rows: ['a,b', '1,2']\n")
      expect(outcome.stderr).toBe('to the other stream\n')
      expect(outcome.firstLogAtMs).toBeLessThan(outcome.tookMs - 2000)
      expect(outcome.progress).toEqual([[0.5, 'half']])
      expect(outcome.usage.length).toBeGreaterThan(0)
      expect(outcome.usage.at(-1)?.memoryMb).toBeGreaterThan(30)
      expect(outcome.usage.at(-1)?.cpuSeconds).toBeGreaterThan(0.5)
      expect(await executor().environment()).toMatch(/\S/)
    })

    test('tells every way of ending apart', async () => {
      const [status, error, late] = await Promise.all([
        run('import sys; sys.exit(7)'),
        run('def f():\n    raise ValueError("no rows")\nf()'),
        run('while True: pass', { timeoutSeconds: 6 }),
      ])
      expect(status.end).toEqual({
        state: 'failed',
        reason: 'exit_code',
        exitCode: 7,
        message: 'The program ended with exit code 7.',
      })
      expect(error.end).toEqual({ state: 'failed', reason: 'exception', message: 'ValueError: no rows' })
      expect(error.stderr).toMatch(/line 2, in f/)
      expect(late.end).toEqual({ state: 'timed_out' })
    })

    test('tells that memory ran out', async () => {
      const outcome = await run(
        'import time\nkept = []\nwhile True:\n    kept.append(bytearray(b"x" * 20_000_000))\n    time.sleep(0)',
        { memoryMbMax: 400 },
      )
      expect(outcome.end).toMatchObject({ state: 'failed', reason: 'out_of_memory' })
    })

    test('stops at once when nobody wants it any more', async () => {
      const abort = new AbortController()
      let abortedAt = 0
      const outcome = await run(
        'print("inside")\nwhile True: pass',
        {},
        {
          signal: abort.signal,
          onLog: () => {
            abortedAt ||= performance.now()
            abort.abort()
          },
        },
      )
      expect(outcome.end).toEqual({ state: 'cancelled' })
      expect(performance.now() - abortedAt).toBeLessThan(10_000)
      const before = new AbortController()
      before.abort()
      expect((await run('print("never")', {}, { signal: before.signal })).end).toEqual({ state: 'cancelled' })
    })

    test('keeps long lines whole and never cuts a character', async () => {
      const outcome = await run(`
import sys
sys.stdout.write('é' * 60_000 + '|' + 'x' * 100_000 + '\\n')
for size in (16383, 16384, 16385): print('y' * size)
`)
      const lines = outcome.stdout.split('\n')
      expect(lines[0]).toBe('é'.repeat(60_000) + '|' + 'x'.repeat(100_000))
      expect(lines.slice(1, 4).map((line) => line.length)).toEqual([16_383, 16_384, 16_385])
    })

    test('reaches the tracking API and nothing else', async () => {
      const outcome = await run(`
import json, os, socket
from _cage import track
print(bytes(track('POST', '/api/2.0/mlflow/runs/create', json.dumps({'authorization': 'Bearer x', 'content-type': 'application/json'}), b'{}').to_py()).decode())
for path in ('/health', '/api/2.0/../../sign-in', '//example.org/api/2.0/mlflow/x', 'http://example.org/api/2.0/x'):
    print(path, b'error' in bytes(track('GET', path, '{}', None).to_py()))
for address in (('127.0.0.1', 22), ('169.254.169.254', 80), ('192.0.2.1', 80)):
    try:
        socket.create_connection(address, timeout=1)
        print('reached', address)
    except OSError:
        print('no')
print(sorted(set(os.environ) & {'DATA_DIR', 'SERVING_SECRET', 'INSTANCE_SECRET'}))
print(os.path.exists('/etc/shadow'), os.path.exists('/work'), os.path.exists('/var/run/docker.sock'))
`)
      expect(outcome.end).toEqual({ state: 'succeeded' })
      expect(outcome.stdout.trim().split('\n')).toEqual([
        expect.stringContaining('200'),
        '{"ok": true}',
        '/health True',
        '/api/2.0/../../sign-in True',
        '//example.org/api/2.0/mlflow/x True',
        'http://example.org/api/2.0/x True',
        'no',
        'no',
        'no',
        '[]',
        'False False False',
      ])
      expect(outcome.requests.map(({ path, headers }) => [path, Object.keys(headers)])).toEqual([
        ['/api/2.0/mlflow/runs/create', ['content-type']],
      ])
    })

    test('keeps two that run at once apart', async () => {
      const program = (name: string) => `
open('/tmp/mark-${name}', 'w').write('x')
import os, time
until = time.time() + 1
while time.time() < until: pass
print(sorted(f for f in os.listdir('/tmp') if f.startswith('mark')))`
      const [one, two] = await Promise.all([run(program('one')), run(program('two'))])
      expect([one.stdout, two.stdout]).toEqual(["['mark-one']\n", "['mark-two']\n"])
    })

    test('refuses an order that is broken', async () => {
      await expect(run('x', { entry: '/job/absent.py' })).rejects.toThrow('not among the files')
      await expect(run('x', { timeoutSeconds: 0 })).rejects.toThrow('needs a time limit')
    })
  })
}
