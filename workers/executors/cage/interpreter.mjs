/**
 * The interpreter's thread: locks itself, loads Python, runs one program, reports how it ended.
 * Python reaches the outside only through the three functions of the `_cage` module below.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import net from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { PYTHON } from './python.mjs'

const WAIT_MS_MAX = 120_000
const PROGRESS_MS_MIN = 100
const NO_NETWORK = 'There is no network in here.'

const { pyodideUrl, snapshotPath, files, entry, outputBytesMax, control, chunk } = workerData
const send = parentPort.postMessage.bind(parentPort)
const now = performance.now.bind(performance)
const wait = Atomics.wait
const load = Atomics.load
const store = Atomics.store

/** Take away what the code could use if it ever got hold of a host object. Permissions are enforced below this as well. */
function lock() {
  const deny = (what) => () => {
    throw new Error(what)
  }
  const noNetwork = deny(NO_NETWORK)
  net.Socket.prototype.connect = noNetwork
  net.Server.prototype.listen = noNetwork
  for (const name of ['connect', 'createConnection', 'createServer']) net[name] = noNetwork
  dgram.createSocket = noNetwork
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) dns[name] = noNetwork
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'Worker', 'BroadcastChannel', 'require'])
    Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false })
  // The file system layer of the interpreter asks for this one binding, which the permission model refuses.
  process.binding = (name) => (name === 'constants' ? { fs: fs.constants } : deny('Not allowed in here.')())
  const forbidden = [
    'kill',
    '_kill',
    '_debugProcess',
    '_debugEnd',
    'dlopen',
    '_linkedBinding',
    'getBuiltinModule',
    'chdir',
    'umask',
    'setuid',
    'setgid',
    'report',
  ]
  for (const name of forbidden) {
    try {
      Object.defineProperty(process, name, {
        value: deny('Not allowed in here.'),
        writable: false,
        configurable: false,
      })
    } catch {
      // Absent or fixed already in this release of Node.
    }
  }
}

let outputBytes = 0
let outputFull = false

function writer(stream) {
  const decoder = new TextDecoder('utf-8')
  const post = (text) => text !== '' && send({ t: 'log', stream, text })
  return {
    write(bytes) {
      if (outputFull) return bytes.length
      outputBytes += bytes.length
      post(decoder.decode(bytes, { stream: true }))
      if (outputBytes > outputBytesMax) outputFull = true
      return bytes.length
    },
    flush: () => post(decoder.decode()),
  }
}

let lastId = 0

/** The bytes of a Python buffer (or of null), in memory that Python does not share. */
function copied(body) {
  if (body === undefined || body === null) return null
  const buffer = body.getBuffer('u8')
  try {
    return buffer.data.slice()
  } finally {
    buffer.release()
  }
}

/** Ask the parent and wait. One call at a time, because Python has one thread. */
function track(method, path, headersJson, body) {
  lastId += 1
  store(control, 0, 0)
  send({
    t: 'track',
    id: lastId,
    method,
    path,
    headers: JSON.parse(headersJson),
    body: copied(body),
  })
  const parts = []
  for (;;) {
    if (wait(control, 0, 0, WAIT_MS_MAX) === 'timed-out') throw new Error('The tracking server did not answer.')
    parts.push(chunk.slice(0, load(control, 1)))
    const left = load(control, 2)
    store(control, 0, 0)
    if (left === 0) break
    send({ t: 'more' })
  }
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

let progressAt = -PROGRESS_MS_MIN

function progress(fraction, note) {
  const at = now()
  if (at - progressAt < PROGRESS_MS_MIN && fraction < 1) return
  progressAt = at
  send({ t: 'progress', fraction: Number(fraction), note: String(note).slice(0, 200) })
}

/** Runs the program as `__main__`; returns how it ended as JSON. The frames of this code are left out of the traceback. */
const RUN = `
def _run(entry):
    import json, os, random, runpy, sys, traceback
    # The interpreter imported it before its snapshot was made: every program would draw the same numbers.
    random.seed()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    import socket
    def no_network(*_args, **_kwargs):
        raise OSError('${NO_NETWORK}')
    socket.socket.connect = no_network
    socket.socket.connect_ex = no_network
    socket.create_connection = no_network
    socket.getaddrinfo = no_network
    os.chdir(os.path.dirname(entry))
    sys.path.insert(0, os.path.dirname(entry))
    sys.argv = [entry]
    end = {'state': 'succeeded'}
    try:
        runpy.run_path(entry, run_name='__main__')
    except SystemExit as stop:
        if stop.code not in (None, 0):
            is_status = isinstance(stop.code, int)
            if not is_status:
                print(stop.code, file=sys.stderr)
            status = stop.code & 0xFF if is_status else 1
            if status != 0:
                said = '' if is_status else ' '.join(str(stop.code).split())[:500]
                message = said or f'The program ended with exit code {status}.'
                end = {'state': 'failed', 'reason': 'exit_code', 'exitCode': status, 'message': message}
    except BaseException as error:
        frame = error.__traceback__
        while frame is not None and not frame.tb_frame.f_code.co_filename.startswith('/job/'):
            frame = frame.tb_next
        lines = traceback.format_exception(type(error), error, frame or error.__traceback__)
        print(''.join(lines)[-20000:], end='', file=sys.stderr)
        reason = 'out_of_memory' if isinstance(error, MemoryError) else 'exception'
        message = ' '.join(traceback.format_exception_only(error)[-1].split())[:500]
        end = {'state': 'failed', 'reason': reason, 'message': message}
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    return json.dumps(end)
_run
`

async function main() {
  lock()
  const { loadPyodide } = await import(pyodideUrl)
  const python = await loadPyodide({
    ...PYTHON,
    ...(snapshotPath === null ? {} : { _loadSnapshot: fs.readFileSync(snapshotPath) }),
  })
  const stdout = writer('stdout')
  const stderr = writer('stderr')
  python.setStdin({ error: true })
  python.setStdout({ write: stdout.write, isatty: false })
  python.setStderr({ write: stderr.write, isatty: false })
  python.registerJsModule('_cage', { track, progress })
  for (const { path, bytes } of files) {
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf('/')))
    python.FS.writeFile(path, bytes)
    python.FS.chmod(path, 0o444)
  }
  const run = python.runPython(RUN)
  const end = JSON.parse(run(entry))
  stdout.flush()
  stderr.flush()
  return end
}

main().then(
  (end) => send({ t: 'end', ...end }),
  (error) =>
    send({
      t: 'end',
      state: 'failed',
      reason: 'crashed',
      message: 'The interpreter stopped: ' + String(error?.message ?? error).slice(0, 300),
    }),
)
