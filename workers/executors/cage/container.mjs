/**
 * The cage's program inside a container: what is a channel between processes elsewhere are lines of JSON on standard
 * input and output here. It ends when nobody holds the other end.
 */
const parts = []
let isOpen = true

Object.defineProperty(process, 'connected', { get: () => isOpen })
process.send = (message, then) => process.stdout.write(`${JSON.stringify(message)}\n`, then)

function hear(piece) {
  let from = 0
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
    parts.push(piece.subarray(from, at))
    const line = Buffer.concat(parts.splice(0)).toString('utf8')
    from = at + 1
    process.emit('message', JSON.parse(line))
  }
  if (from < piece.length) parts.push(piece.subarray(from))
}

function leave() {
  isOpen = false
  process.emit('disconnect')
}

process.stdin.on('data', hear)
process.stdin.on('end', leave)
process.stdin.on('error', leave)
process.stdout.on('error', leave)
await import('./child.mjs')
