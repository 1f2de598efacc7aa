/** How much of a log a page shows, the newest: in bytes, and in pieces, each of which may be as short as a letter. */
export const LOG_SHOWN_BYTES_MAX = 200 * 1024
export const LOG_SHOWN_PIECES_MAX = 2000

/** The newest part of a log, oldest piece first; what it takes, and what stands before it, in bytes. */
export interface LogTail<Piece> {
  readonly pieces: readonly Piece[]
  readonly bytes: number
  readonly leftOutBytes: number
}

/** Add the next piece to what is shown, and leave out of its beginning what is more than a page shows. */
export function longerTail<Piece extends { readonly text: string }>(tail: LogTail<Piece>, next: Piece): LogTail<Piece> {
  const all = [...tail.pieces, next]
  const bytesBefore = tail.bytes + bytesOf(next)
  let [dropped, bytes] = [0, bytesBefore]
  for (const piece of tail.pieces) {
    if (bytes <= LOG_SHOWN_BYTES_MAX && all.length - dropped <= LOG_SHOWN_PIECES_MAX) break
    bytes -= bytesOf(piece)
    dropped += 1
  }
  return { pieces: all.slice(dropped), bytes, leftOutBytes: tail.leftOutBytes + bytesBefore - bytes }
}

function bytesOf({ text }: { readonly text: string }): number {
  return new TextEncoder().encode(text).byteLength
}
