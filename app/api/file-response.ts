import { Readable } from 'node:stream'
import type { EngagementId } from '#app/domain/ids.ts'
import type { Blobs } from '#db/blobs.server.ts'

interface Range {
  readonly start: number
  /** The last byte. */
  readonly end: number
}

/**
 * Bytes that somebody uploaded: a download with a type of ours, in a sandbox, whatever they are. Answers conditional and
 * range requests (RFC 9110, 13 and 14): the name of the bytes is their SHA-256.
 */
export async function fileResponse(
  blobs: Blobs,
  engagementId: EngagementId,
  file: { readonly sha256: string; readonly name: string },
  request: Request,
): Promise<Response> {
  const etag = `"${file.sha256}"`
  const ascii = file.name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const headers = new Headers({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    etag,
  })
  if (
    request.headers
      .get('if-none-match')
      ?.split(/\s*,\s*/)
      .includes(etag) === true
  )
    return new Response(null, { status: 304, headers })
  const blob = await blobs.open(engagementId, file.sha256)
  const range = rangeOf(request, etag, blob.sizeBytes)
  if (range === 'unsatisfiable') {
    headers.set('content-range', `bytes */${String(blob.sizeBytes)}`)
    return new Response(null, { status: 416, headers })
  }
  const length = range === null ? blob.sizeBytes : range.end - range.start + 1
  headers.set('content-length', String(length))
  if (range !== null)
    headers.set('content-range', `bytes ${String(range.start)}-${String(range.end)}/${String(blob.sizeBytes)}`)
  const body = request.method === 'HEAD' ? null : (Readable.toWeb(blob.stream(range ?? undefined)) as ReadableStream) // Node's web stream and the DOM's differ in type only
  return new Response(body, { status: range === null ? 200 : 206, headers })
}

/** One range of bytes; null for the whole, also where a list of ranges or another unit is asked for. */
function rangeOf(request: Request, etag: string, size: number): Range | 'unsatisfiable' | null {
  const condition = request.headers.get('if-range')
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.get('range') ?? '')
  if (!match || (condition !== null && condition !== etag)) return null
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return null
  if (from === '') return Number(to) === 0 ? 'unsatisfiable' : lastBytes(Number(to), size)
  const start = Number(from)
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start >= size || end < start ? 'unsatisfiable' : { start, end }
}

function lastBytes(count: number, size: number): Range | 'unsatisfiable' {
  return size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
}
