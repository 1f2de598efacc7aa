/**
 * What is a channel between processes elsewhere are lines of JSON on two streams here. The program ends when nobody holds
 * the other end.
 */
export function hold(input, output) {
  const parts = []
  let isOpen = true
  Object.defineProperty(process, 'connected', { get: () => isOpen })
  process.send = (message, then) => output.write(`${JSON.stringify(message)}\n`, then)

  const leave = () => {
    isOpen = false
    process.emit('disconnect')
  }
  input.on('data', (piece) => {
    let from = 0
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
      parts.push(piece.subarray(from, at))
      const line = Buffer.concat(parts.splice(0)).toString('utf8')
      from = at + 1
      process.emit('message', JSON.parse(line))
    }
    if (from < piece.length) parts.push(piece.subarray(from))
  })
  input.on('end', leave)
  input.on('error', leave)
  output.on('error', leave)
}
