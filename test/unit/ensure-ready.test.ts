import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '..', '..')
let checkout = ''

/** A checkout of its own, whose Remix does nothing but what counts here: it empties `build`, later than all else is built. */
beforeEach(() => {
  mkdirSync(path.join(ROOT, '.test'), { recursive: true })
  checkout = mkdtempSync(path.join(ROOT, '.test', 'checkout-'))
  for (const name of ['app', 'db', 'workers', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true })
  link('node_modules', (name) => name !== '@remix-run')
  const remix = path.join(checkout, 'node_modules', '@remix-run', 'dev', 'dist', 'cli.js')
  mkdirSync(path.dirname(remix), { recursive: true })
  writeFileSync(
    remix,
    `const { mkdirSync, rmSync, writeFileSync } = require('node:fs')
    setTimeout(() => {
      rmSync('build', { recursive: true, force: true })
      for (const part of ['client', 'server']) mkdirSync('build/' + part, { recursive: true })
      writeFileSync('build/server/index.js', '')
    }, 4000)`,
  )
})

afterEach(() => {
  rmSync(checkout, { recursive: true, force: true })
})

function link(folder: string, isWanted: (name: string) => boolean): void {
  mkdirSync(path.join(checkout, folder), { recursive: true })
  for (const name of readdirSync(path.join(ROOT, folder)).filter(isWanted))
    symlinkSync(path.join(ROOT, folder, name), path.join(checkout, folder, name))
}

const build = () => {
  const program = "import('./workers/ensure-ready.mjs').then((ready) => ready.ensureBuilt())"
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: checkout, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

test('a start builds pages and processes, and leaves both there, whichever had to be built', () => {
  const parts = ['build/server/index.js', 'build/processes/workers/supervisor/main.js']
  const there = () => parts.filter((part) => existsSync(path.join(checkout, part)))
  build()
  expect(there()).toEqual(parts)
  rmSync(path.join(checkout, 'build', '.throughline-built'))
  build()
  expect(there()).toEqual(parts)
  rmSync(path.join(checkout, 'build', 'processes'), { recursive: true })
  build()
  expect(there()).toEqual(parts)
})
