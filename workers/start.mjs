/**
 * `npm start`: make the checkout ready, then hand over to the supervisor. Only built-in modules here.
 */
import { spawn } from 'node:child_process'
import { ensureBuilt, ensureInstalled, nodeRefusal, NotReady, ROOT, stopReadying } from './ensure-ready.mjs'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

let supervisor = null
let stoppedBy = null

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const refusal = nodeRefusal()
if (refusal) fail(refusal)

for (const signal of SIGNALS) {
  process.on(signal, () => {
    stoppedBy = signal
    if (supervisor) supervisor.kill('SIGTERM')
    else stopReadying('SIGTERM')
  })
}

try {
  await ensureInstalled()
  await ensureBuilt()
} catch (error) {
  if (stoppedBy) process.exit(0)
  fail(error instanceof NotReady ? error.message : `Throughline could not be made ready: ${error}`)
}
if (stoppedBy) process.exit(0)

// In a session of its own, so that one Ctrl-C reaches it once, through us; the channel tells it when we are gone.
supervisor = spawn(process.execPath, ['--enable-source-maps', 'build/processes/workers/supervisor/main.js'], {
  cwd: ROOT,
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
supervisor.once('error', (error) => fail(`Throughline could not be started: ${error.message}`))
// It may be told to stop before it can listen: then there is nothing to stop yet.
supervisor.once('exit', (code, signal) => process.exit(code ?? (signal && stoppedBy ? 0 : 1)))
