import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { PackageFile } from '#workers/environments/environments.ts'

/** A zip archive of texts, stored as they are (APPNOTE.TXT 4.3). */
function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x21, 8) // 1980-01-01, the first day that there is
    facts.writeUInt32LE(crc32(content), 10)
    facts.writeUInt32LE(content.length, 14)
    facts.writeUInt32LE(content.length, 18)
    facts.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), facts, Buffer.from(name), content])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), facts, place, Buffer.from(name)]),
    )
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(directory.length, 4)
  end.writeUInt16LE(directory.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, Buffer.from('PK\u0005\u0006', 'latin1'), end])
}

export interface WheelOptions {
  readonly version?: string
  /** Lines of METADATA beside name and version. */
  readonly metadata?: readonly string[]
  /** Files beside those of the package. */
  readonly files?: Readonly<Record<string, string>>
}

/** A wheel of pure Python (PEP 427) with one module of its own name, as a build tool makes it. */
export function aWheel(name: string, source: string, options: WheelOptions = {}): PackageFile {
  const { version = '1.0', metadata = [], files = {} } = options
  const info = `${name}-${version}.dist-info`
  const contents: Record<string, string> = {
    [`${name}/__init__.py`]: source,
    [`${info}/METADATA`]: ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...metadata, ''].join('\n'),
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ...files,
  }
  const record = Object.entries(contents).map(
    ([path, text]) =>
      `${path},sha256=${createHash('sha256').update(text).digest('base64url')},${String(Buffer.byteLength(text))}`,
  )
  contents[`${info}/RECORD`] ??= [...record, `${info}/RECORD,,`, ''].join('\n')
  const wheel = zipOf(contents)
  return {
    ...{ name: name.replaceAll('_', '-'), version, fileName: `${name}-${version}-py3-none-any.whl`, wheel },
    sha256: createHash('sha256').update(wheel).digest('hex'),
  }
}
