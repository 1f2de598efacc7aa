import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { cageExecutor } from '#workers/executors/cage.ts'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, TrackingRequest } from '#workers/executors/executor.ts'
import { pythonSnapshot } from '#workers/executors/python.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

interface Outcome {
  end: ExecutionEnd
  stdout: string
  stderr: string
  logs: { stream: string; text: string; atMs: number }[]
  progress: [number, string][]
  requests: TrackingRequest[]
  tookMs: number
}

async function cage(
  program: string,
  spec: Partial<ExecutionSpec> = {},
  hooks: Partial<ExecutionHooks> = {},
): Promise<Outcome> {
  const startedAt = performance.now()
  const outcome: Omit<Outcome, 'end' | 'tookMs' | 'stdout' | 'stderr'> = { logs: [], progress: [], requests: [] }
  const end = await cageExecutor().run(
    {
      files: [{ path: '/job/main.py', bytes: bytes(program) }],
      id: randomUUID(),
      entry: '/job/main.py',
      timeoutSeconds: 60,
      memoryMbMax: 700,
      ...spec,
    },
    {
      onLog: (stream, text) => outcome.logs.push({ stream, text, atMs: performance.now() - startedAt }),
      onProgress: (fraction, note) => outcome.progress.push([fraction, note]),
      onUsage: () => undefined,
      track: async (request) => {
        outcome.requests.push(request)
        return { status: 200, headers: {}, body: new Uint8Array() }
      },
      signal: new AbortController().signal,
      ...hooks,
    },
  )
  const textOf = (stream: string) =>
    outcome.logs
      .filter((log) => log.stream === stream)
      .map((log) => log.text)
      .join('')
  return {
    ...outcome,
    end,
    stdout: textOf('stdout'),
    stderr: textOf('stderr'),
    tookMs: performance.now() - startedAt,
  }
}

describe('a program in the cage', { timeout: 60_000 }, () => {
  test('reads its files, streams its output as it comes and succeeds', async () => {
    const program = [
      'import sys, time, helper',
      'print(helper.greet("Ærø"), open("/data/rows.csv").read())',
      'time.sleep(0.5)',
      'sys.stderr.write("careful\\n")',
      'sys.stdout.buffer.write("é".encode()[:1]); sys.stdout.flush()',
      'sys.stdout.buffer.write("é".encode()[1:]); sys.stdout.flush()',
      'import _cage; _cage.progress(0.5, "half way")',
    ].join('\n')
    const outcome = await cage(program, {
      files: [
        { path: '/job/main.py', bytes: bytes(program) },
        { path: '/job/helper.py', bytes: bytes('def greet(name): return f"Hej {name}"') },
        { path: '/data/rows.csv', bytes: bytes('a,b') },
      ],
    })
    expect(outcome.end).toEqual({ state: 'succeeded' })
    expect(outcome.stdout).toBe('Hej Ærø a,b\né')
    expect(outcome.stderr).toBe('careful\n')
    const [first, second] = outcome.logs
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(300)
    expect(outcome.progress).toEqual([[0.5, 'half way']])
  })

  test('gets the tracking answer whole, also when it is big, and cannot send a credential or leave the API', async () => {
    const big = new Uint8Array(3_500_000).map((_, index) => index % 251)
    const requests: TrackingRequest[] = []
    const program = [
      'import _cage, json, hashlib',
      'def call(path, headers={}):',
      '    head, _, body = _cage.track("POST", path, json.dumps(headers), b"abc").to_bytes().partition(b"\\n")',
      '    return json.loads(head), body',
      'head, body = call("/api/2.0/mlflow/x?y=%20z", {"Authorization": "Bearer stolen", "Content-Type": "text/plain"})',
      'print(head["status"], len(body), hashlib.sha256(body).hexdigest())',
      'for path in ["/api/2.0/../../login", "http://other/api/2.0/x", "//other/api/2.0/x", "/api/2.0/%2e%2e/x", "/api/2.0/a%2f..%2fb", "/login"]:',
      '    print(call(path)[0].get("error"))',
    ].join('\n')
    const outcome = await cage(
      program,
      {},
      {
        track: async (request) => {
          requests.push(request)
          return { status: 201, headers: { a: 'b' }, body: big }
        },
      },
    )
    const { createHash } = await import('node:crypto')
    const digest = createHash('sha256').update(big).digest('hex')
    const refusal = 'Only paths under /api/2.0/ can be asked for, fully escaped.\n'
    expect(outcome.stderr).toBe('')
    expect(outcome.stdout).toBe(`201 3500000 ${digest}\n${refusal.repeat(6)}`)
    expect(requests).toEqual([
      {
        method: 'POST',
        path: '/api/2.0/mlflow/x?y=%20z',
        headers: { 'content-type': 'text/plain' },
        body: bytes('abc'),
      },
    ])
  })

  test('fails with the traceback of its own frames and the last line as the message', async () => {
    const outcome = await cage('def train():\n    raise ValueError("no rows")\ntrain()')
    expect(outcome.end).toEqual({ state: 'failed', reason: 'exception', message: 'ValueError: no rows' })
    expect(outcome.stderr).toMatch(/^Traceback \(most recent call last\):\n {2}File "\/job\/main.py", line 3/)
    expect(outcome.stderr).not.toContain('runpy')
  })

  test('fails when it exits with a status, does not compile, or kills the interpreter', async () => {
    const exits = await cage('import sys; sys.exit(3)')
    expect(exits.end).toEqual({
      state: 'failed',
      reason: 'exit_code',
      exitCode: 3,
      message: 'The program ended with exit code 3.',
    })
    const syntax = await cage('def (:')
    expect(syntax.end).toMatchObject({ state: 'failed', reason: 'exception' })
    const abort = await cage('import os; os.abort()')
    expect(abort.end).toMatchObject({ state: 'failed', reason: 'crashed' })
  })

  test('draws numbers of its own, and begins from the snapshot that was built', async () => {
    expect(pythonSnapshot()).not.toBeNull()
    const draw = () => cage('import random, os; print(random.random(), os.environ)')
    const [one, two] = await Promise.all([draw(), draw()])
    expect(one.end).toEqual({ state: 'succeeded' })
    expect(one.stdout).not.toBe(two.stdout)
    expect(one.stdout).not.toContain('node_modules')
  })

  test('is stopped by the time limit, even in a loop that swallows everything', async () => {
    const outcome = await cage('while True:\n  try:\n    while True: pass\n  except BaseException: pass', {
      timeoutSeconds: 4,
    })
    expect(outcome.end).toEqual({ state: 'timed_out' })
    expect(outcome.tookMs).toBeLessThan(14_000)
  })

  test('is stopped by a cancel within ten seconds, and does not start after one', async () => {
    const controller = new AbortController()
    let cancelledAt = 0
    const outcome = await cage(
      'print("started")\nwhile True: pass',
      {},
      {
        signal: controller.signal,
        onLog: () => {
          cancelledAt = performance.now()
          controller.abort()
        },
      },
    )
    expect(outcome.end).toEqual({ state: 'cancelled' })
    expect(performance.now() - cancelledAt).toBeLessThan(10_000)
    expect((await cage('print(1)', {}, { signal: controller.signal })).end).toEqual({ state: 'cancelled' })
  })

  test('is stopped by the memory limit', async () => {
    const outcome = await cage('kept = []\nwhile True: kept.append(bytearray(8_000_000))', { memoryMbMax: 500 })
    expect(outcome.end).toMatchObject({ state: 'failed', reason: 'out_of_memory' })
  })

  test('keeps 5 MB of output and says once that the rest is gone', async () => {
    const outcome = await cage('for _ in range(9000): print("x" * 1023)')
    expect(outcome.end).toEqual({ state: 'succeeded' })
    expect(outcome.stdout.length).toBe(5 * 1024 * 1024)
    expect(outcome.stderr).toBe('\nThe output passed 5 MB; the rest is not kept.\n')
  })

  test('has no files that are out of place', async () => {
    const files = [{ path: '/job/../etc/x', bytes: bytes('') }]
    await expect(cage('', { files, entry: '/job/../etc/x' })).rejects.toThrow('plain absolute path')
    await expect(cage('', { entry: '/job/other.py' })).rejects.toThrow('not among the files')
  })
})

/** Each line tries to reach the host; `attempt` prints what came of it, and the word REACHED would be a hole. */
const ESCAPES = String.raw`
import os, sys
CANARY, SECRET, PORT = open('/job/target.txt').read().split('\n')

def attempt(name, act):
    try:
        got = act()
        text = repr(got)
        leaked = SECRET in text or 'root:' in text or 'REACHED' in text
        print(name, '=>', 'LEAKED' if leaked else 'empty', text[:80].replace('\n', ' '))
    except BaseException as error:
        print(name, '=> refused', type(error).__name__, str(error).split('\n')[0][:80])

import _cage
def js_of(thing):
    return thing.constructor
def run_js(code):
    import pyodide.code
    return pyodide.code.run_js(code)
def mount(host, at):
    import pyodide_js
    os.makedirs(at, exist_ok=True)
    pyodide_js.mountNodeFS(at, host)
    return [open(f'{at}/{n}').read(200) if os.path.isfile(f'{at}/{n}') else n for n in os.listdir(at)]
def http(url):
    import urllib.request
    return urllib.request.urlopen(url, timeout=2).read()
def raw_socket():
    import socket
    s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', int(PORT))); s.send(b'x'); return 'REACHED'
def low_socket():
    import _socket
    s = _socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', int(PORT))); s.send(b'x'); return s.recv(5)
def js_module(expression):
    import js
    return eval(expression, {'js': js})
def pyodide_js_module(expression):
    import pyodide_js
    return eval(expression, {'p': pyodide_js})

F = "return process.pid + 'REACHED'"
attempt('open passwd', lambda: open('/etc/passwd').read())
attempt('open canary', lambda: open(CANARY).read())
attempt('listdir root', lambda: [n for n in os.listdir('/') if n in ('work', 'root', 'var', 'boot', 'srv')] and 'REACHED')
attempt('listdir canary folder', lambda: os.listdir(os.path.dirname(CANARY)))
attempt('environment', lambda: dict(os.environ))
attempt('proc environ', lambda: open('/proc/self/environ').read())
attempt('js.eval', lambda: js_module('js.eval("process.env")'))
attempt('js.process', lambda: js_module('js.process.env'))
attempt('js.globalThis', lambda: js_module('js.globalThis.process'))
attempt('js.Function', lambda: js_module('js.Function.new("return process")'))
attempt('js.fetch', lambda: js_module('js.fetch("http://127.0.0.1")'))
attempt('run_js', lambda: run_js("process.pid + 'REACHED'"))
attempt('bridge constructor', lambda: js_of(_cage.track)(F)())
attempt('bridge constructor new', lambda: js_of(_cage.track).new(F)())
attempt('bridge module constructor', lambda: js_of(js_of(_cage))(F)())
attempt('mount etc', lambda: mount('/etc', '/h1'))
attempt('mount canary folder', lambda: mount(os.path.dirname(CANARY), '/h2'))
attempt('mount proc', lambda: mount('/proc/self', '/h3'))
attempt('pyodide_js constructor', lambda: pyodide_js_module('p.runPython.constructor("return process")()'))
attempt('pyodide_js loadPackage', lambda: pyodide_js_module('p.loadPackage(%r)' % CANARY))
attempt('pyodide_js eval', lambda: pyodide_js_module('p._api.constructor.constructor("return process")()'))
attempt('pyodide_js NODEFS', lambda: pyodide_js_module('p.FS.filesystems.NODEFS.mount') and mount('/', '/h4'))
attempt('urllib', lambda: http(f'http://127.0.0.1:{PORT}/'))
attempt('urllib file', lambda: http('file://' + CANARY))
attempt('socket', raw_socket)
attempt('_socket', low_socket)
attempt('subprocess', lambda: __import__('subprocess').check_output(['id']))
attempt('fork', lambda: os.fork())
attempt('kill parent', lambda: os.kill(os.getppid(), 9))
attempt('thread', lambda: __import__('_thread').start_new_thread(print, ('REACHED',)))
attempt('async function', lambda: js_of(pyodide_js_module('p.runPythonAsync'))("return process.pid + 'REACHED'")())
def frames():
    from pyodide.ffi import create_proxy
    seen = []
    import pyodide_js
    try:
        pyodide_js.mountNodeFS('/nowhere/at/all', '/etc')
    except Exception as error:
        E = error.js_error.constructor
        E.prepareStackTrace = create_proxy(lambda e, sites: seen.extend([str(s.getThis()) + str(s.getFunction()) for s in sites]) or 'x')
    try:
        pyodide_js.mountNodeFS('/nowhere/at/all', '/etc')
    except Exception as error:
        str(error.js_error.stack)
    return seen
attempt('stack frames', frames)
print('done')
`

describe('code that tries to get out', { timeout: 60_000 }, () => {
  test('reaches no file, variable, function or network of the host', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'canary-'))
    const canary = path.join(folder, 'canary.txt')
    const secret = 'REACHED-canary-secret'
    writeFileSync(canary, secret)
    process.env['CAGE_CANARY'] = secret
    let connections = 0
    const listener = createServer((socket) => {
      connections += 1
      socket.end('REACHED')
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    try {
      const outcome = await cage('', {
        files: [
          { path: '/job/main.py', bytes: bytes(ESCAPES) },
          { path: '/job/target.txt', bytes: bytes(`${canary}\n${secret}\n${port}`) },
        ],
      })
      expect(outcome.stdout).toMatch(/done\n$/)
      expect(outcome.stdout).not.toContain('LEAKED')
      expect(outcome.end).toEqual({ state: 'succeeded' })
      expect(outcome.requests).toEqual([])
      expect(connections).toBe(0)
    } finally {
      listener.close()
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a program that goes under the interpreter', { timeout: 60_000 }, () => {
  test.each([
    ['a shell command', (mark: string) => `import os; print(os.system('touch ${mark}'))`],
    [
      'a script of the host language',
      (mark: string) =>
        `import ctypes; ctypes.CDLL(None).emscripten_run_script(b"require('fs').writeFileSync('${mark}', '')")`,
    ],
  ])('loses it, and %s does not happen', async (_, program) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'canary-'))
    const mark = path.join(folder, 'mark')
    const outcome = await cage(program(mark))
    expect(outcome.end.state).toBe('failed')
    expect(existsSync(mark)).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

describe('a cage whose parent is killed', { timeout: 60_000 }, () => {
  test.runIf(existsSync('/proc/self/stat'))('dies as well', async () => {
    const script = `
      import { cageExecutor } from '#workers/executors/cage.ts'
      const files = [{ path: '/job/main.py', bytes: new TextEncoder().encode('print("started")\\nwhile True: pass') }]
      const spec = { id: 'x', files, entry: '/job/main.py', timeoutSeconds: 60, memoryMbMax: 700 }
      const onLog = (stream, text) => process.stdout.write(text)
      await cageExecutor().run(spec, { onLog, onProgress() {}, onUsage() {}, track() {}, signal: new AbortController().signal })`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const started = await new Promise<string>((resolve) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
      parent.once('exit', () => resolve('left early'))
    })
    expect(started).toBe('started\n')
    const [cagePid] = cagesOf(parent.pid ?? 0)
    expect(cagePid).toBeDefined()
    parent.kill('SIGKILL')
    await expect.poll(() => existsSync(`/proc/${cagePid}`), { timeout: 3000 }).toBe(false)
  })
})

function cagesOf(parentPid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  }
  return pids
    .filter((pid) => read(pid, 'stat').includes(`) R ${parentPid} `) || read(pid, 'stat').includes(`) S ${parentPid} `))
    .filter((pid) => read(pid, 'cmdline').includes('child.mjs'))
    .map(Number)
}
