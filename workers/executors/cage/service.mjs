/**
 * The cage's program inside a service of a swarm: whoever ordered it comes over one connection and shows the secret on
 * the first line. Nobody else is let in, before or after; when nobody comes, it ends.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:net'
import { hold } from './held.mjs'

const WAIT_MS_MAX = 60_000
const SECRET_BYTES = 64
const digestOf = (bytes) => createHash('sha256').update(bytes).digest()
const expected = digestOf(Buffer.from(process.env.CAGE_SECRET ?? ''))
delete process.env.CAGE_SECRET

const nobody = setTimeout(() => process.exit(1), WAIT_MS_MAX)

const socket = await new Promise((resolve) => {
  const server = createServer((caller) => {
    let said = Buffer.alloc(0)
    caller.setNoDelay(true)
    caller.on('error', () => caller.destroy())
    const hear = (piece) => {
      said = Buffer.concat([said, piece])
      if (said.length <= SECRET_BYTES) return
      caller.off('data', hear)
      caller.pause()
      if (!timingSafeEqual(digestOf(said.subarray(0, SECRET_BYTES)), expected)) return caller.destroy()
      server.close()
      resolve(caller)
      if (said.length > SECRET_BYTES + 1) caller.unshift(said.subarray(SECRET_BYTES + 1))
    }
    caller.on('data', hear)
  })
  server.listen(8080, '0.0.0.0')
})
clearTimeout(nobody)
hold(socket, socket)
socket.resume()
await import('./child.mjs')
