import { AppError } from '#app/domain/errors.ts'

/** A small file as a whole. @throws AppError `invalid` beside the field `file` when it is larger */
export async function bytesOf(file: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of file) {
    size += piece.byteLength
    if (size > bytesMax) {
      const sentence = `The file may have at most ${String(Math.floor(bytesMax / 1_048_576))} MB.`
      throw new AppError('invalid', sentence, { fields: { file: sentence } })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
