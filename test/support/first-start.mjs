/** Start the portal, and stop it as Ctrl-C does when it greets. It ends with 0 when both went as they must. */
import { spawn } from 'node:child_process'
import path from 'node:path'

const portal = spawn(process.execPath, [path.join('workers', 'start.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] })
let said = ''
for (const stream of [portal.stdout, portal.stderr]) {
  stream.on('data', (piece) => {
    process.stdout.write(piece)
    said += String(piece)
    if (said.includes('Throughline is ready')) portal.kill('SIGINT')
  })
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => portal.kill(signal))
portal.once('close', (code) => process.exit(said.includes('Throughline is ready') ? (code ?? 1) : 1))
