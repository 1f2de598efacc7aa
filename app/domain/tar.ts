/** One file or folder of an archive. Folders are written too: engines give implied ones the wrong rights. */
export interface TarEntry {
  /** Relative, with `/` between; a folder ends in `/`. At most 100 bytes. */
  readonly path: string
  readonly bytes?: Uint8Array
  /** Rights as in chmod; 0o644 for files and 0o755 for folders when left out. */
  readonly mode?: number
}

const BLOCK = 512
const NAME_BYTES_MAX = 100

/**
 * One entry as it stands in an archive: header, bytes, padding. Times and owners are zero, so that equal content gives
 * equal archives.
 * @throws RangeError when the path is too long for the format's name field
 * Source: POSIX.1-1988 ustar, IEEE Std 1003.1, “pax — ustar Interchange Format”.
 */
export function tarEntry(entry: TarEntry): Uint8Array {
  const content = entry.bytes ?? new Uint8Array()
  const { header, padding } = tarFrame(entry, content.length)
  const whole = new Uint8Array(header.length + content.length + padding.length)
  whole.set(header)
  whole.set(content, header.length)
  return whole
}

/**
 * What stands before and after the bytes of an entry, for bytes that are streamed.
 * @throws RangeError when the path is too long for the format's name field
 */
export function tarFrame(
  entry: Omit<TarEntry, 'bytes'>,
  sizeBytes: number,
): { readonly header: Uint8Array; readonly padding: Uint8Array } {
  const isFolder = entry.path.endsWith('/')
  const name = new TextEncoder().encode(entry.path)
  if (name.length > NAME_BYTES_MAX) throw new RangeError(`The path ${entry.path} is too long for an archive.`)
  const block = new Uint8Array(BLOCK)
  const write = (at: number, text: string) => block.set(new TextEncoder().encode(text), at)
  const octal = (at: number, width: number, value: number) =>
    write(at, `${value.toString(8).padStart(width - 1, '0')}\0`)
  block.set(name, 0)
  octal(100, 8, entry.mode ?? (isFolder ? 0o755 : 0o644))
  octal(108, 8, 0)
  octal(116, 8, 0)
  octal(124, 12, sizeBytes)
  octal(136, 12, 0)
  write(148, ' '.repeat(8))
  write(156, isFolder ? '5' : '0')
  write(257, 'ustar\u000000')
  const sum = block.reduce((total, byte) => total + byte, 0)
  write(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return { header: block, padding: new Uint8Array((BLOCK - (sizeBytes % BLOCK)) % BLOCK) }
}

/** What closes an archive: two empty blocks. */
export const TAR_END = new Uint8Array(BLOCK * 2)
