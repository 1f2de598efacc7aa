import { Writable } from 'node:stream'

/** What a line says as JSON; null for one that is none. Whoever asked checks the rest. */
export function parsedLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Puts lines together again that arrive in pieces: engines cut at 16 KiB, networks wherever they like.
 * @param onTooLong called once for a line of more than `bytesMax`; nothing is heard after it
 */
export function lineReader(bytesMax: number, onLine: (line: string) => void, onTooLong: () => void): Writable {
  const parts: Buffer[] = []
  let size = 0
  let isTooLong = false
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      let from = 0
      for (let at = piece.indexOf(10); at !== -1 && !isTooLong; at = piece.indexOf(10, from)) {
        parts.push(piece.subarray(from, at))
        onLine(Buffer.concat(parts.splice(0)).toString('utf8'))
        size = 0
        from = at + 1
      }
      const rest = piece.subarray(from)
      size += rest.length
      if (size > bytesMax && !isTooLong) {
        isTooLong = true
        parts.length = 0
        onTooLong()
      }
      if (!isTooLong) parts.push(rest)
      done()
    },
  })
}
