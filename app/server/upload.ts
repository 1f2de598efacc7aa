import { unstable_parseMultipartFormData as parseMultipart } from '@remix-run/node'
import { AppError } from '#app/domain/errors.ts'

/** Longest text of one field of a form with a file, in characters. */
const FIELD_LENGTH_MAX = 16_384

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

/**
 * Read a form that carries files in its fields called `file`: each file that was chosen is handed on as it arrives and read
 * to its end, what the others say is put into `values`.
 * @throws Response 400 for what is no such form, 413 for a field that is too long
 */
export async function readMultipart(
  request: Request,
  values: Record<string, string>,
  onFile: (file: AsyncIterable<Uint8Array>, fileName: string) => Promise<void>,
): Promise<void> {
  await parseMultipart(request, async ({ name, filename, data: pieces }) => {
    if (name !== 'file') return (values[name] = await textOf(pieces))
    if (filename !== undefined && filename !== '') await onFile(pieces, filename)
    await readToEnd(pieces)
    return undefined
  }).catch((error: unknown) => {
    // A form that is none is a TypeError of Remix; one that is cut off or badly put together, an Error of its parser.
    const isUnreadable =
      error instanceof TypeError || (error instanceof Error && error.message.startsWith('malformed '))
    throw isUnreadable ? new Response('This form cannot be read.', { status: 400 }) : error
  })
}

export interface SmallFile {
  /** As the sender named it: to be shown, never to be a path. */
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** As readMultipart, with the files in memory; a sentence when they are too many or too large together. */
export async function readSmallFiles(
  request: Request,
  values: Record<string, string>,
  limits: { readonly filesMax: number; readonly bytesMax: number },
): Promise<{ readonly files: readonly SmallFile[] } | { readonly refusal: string }> {
  const files: SmallFile[] = []
  let bytesLeft = limits.bytesMax
  let refusal: string | null = null
  await readMultipart(request, values, async (pieces, fileName) => {
    if (files.length === limits.filesMax) refusal ??= `At most ${String(limits.filesMax)} files can be sent at once.`
    if (refusal !== null) return
    const kept: Uint8Array[] = []
    for await (const piece of pieces) {
      bytesLeft -= piece.byteLength
      if (bytesLeft >= 0) kept.push(piece)
    }
    if (bytesLeft >= 0) files.push({ fileName, bytes: Buffer.concat(kept) })
    else refusal = `The files may have at most ${String(Math.floor(limits.bytesMax / 1_048_576))} MB together.`
  })
  return refusal === null ? { files } : { refusal }
}

/** What was refused is still read to its end: the sender hears the answer only then. */
async function readToEnd(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const rest = pieces[Symbol.asyncIterator]()
  while (!(await rest.next()).done) continue
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > FIELD_LENGTH_MAX) throw new Response('A field of this form is too long.', { status: 413 })
  }
  return text + decoder.decode()
}
