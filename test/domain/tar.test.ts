import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { TAR_END, tarEntry } from '#app/domain/tar.ts'

test('an archive is what tar itself unpacks, byte for byte, with rights and empty files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tar-'))
  const bytes = Uint8Array.from({ length: 1025 }, (_, index) => index % 251)
  const entries = [
    { path: 'a/' },
    { path: 'a/empty', bytes: new Uint8Array() },
    { path: 'a/odd', bytes },
    { path: 'a/block', bytes: bytes.subarray(0, 512) },
    { path: 'a/run', bytes: bytes.subarray(0, 3), mode: 0o755 },
  ]
  writeFileSync(path.join(folder, 'x.tar'), Buffer.concat([...entries.map(tarEntry), TAR_END]))
  execFileSync('tar', ['-xf', 'x.tar'], { cwd: folder })
  expect(new Uint8Array(readFileSync(path.join(folder, 'a/odd')))).toEqual(bytes)
  expect(readFileSync(path.join(folder, 'a/empty')).length).toBe(0)
  expect(readFileSync(path.join(folder, 'a/block')).length).toBe(512)
  expect(statSync(path.join(folder, 'a/run')).mode & 0o777).toBe(0o755)
  rmSync(folder, { recursive: true })
})

test('a path that the format cannot hold is refused', () => {
  expect(() => tarEntry({ path: 'x'.repeat(101) })).toThrow(RangeError)
})
