import { spawnSync } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { brotliDecompress, createBrotliDecompress } from 'node:zlib'

export interface Chromium {
  readonly executablePath: string
  readonly args: string[]
  readonly env: Record<string, string>
}

/** Not the package's own list, which switches the browser's protections off. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
const INSTALLED = [
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * A Chromium that starts: PORTAL_CHROME, else the one that comes as a package, else an installed one.
 * @throws when there is none: browser tests are never skipped silently
 */
export async function findChromium(): Promise<Chromium> {
  const chosen = process.env.PORTAL_CHROME
  const tried: string[] = []
  const candidates = chosen ? [chosen] : [await packagedChromium(), ...INSTALLED]
  for (const executablePath of candidates) {
    if (executablePath === null || !existsSync(executablePath)) continue
    for (const env of await environments(executablePath)) {
      const said = spawnSync(executablePath, ['--no-sandbox', '--version'], {
        env: { ...process.env, ...env },
        encoding: 'utf8',
      })
      if (said.status === 0) return { executablePath, args: ARGS, env: { ...ownEnvironment(), ...env } }
      tried.push(`${executablePath}: ${(said.stderr || said.error?.message || 'does not start').split('\n')[0]}`)
    }
  }
  throw new Error(
    `There is no Chromium that starts; set PORTAL_CHROME to one. Tried: ${tried.join('; ') || 'nothing was found'}`,
  )
}

/** Without help first; where the system lacks the libraries or the fonts of a desktop, with those of the package. */
async function environments(executablePath: string): Promise<Record<string, string>[]> {
  const cache = path.dirname(executablePath)
  if (!existsSync(path.join(cache, 'al2023'))) return [{}]
  const fonts: Record<string, string> = existsSync('/etc/fonts/fonts.conf')
    ? {}
    : { FONTCONFIG_FILE: path.join(cache, 'fonts.conf') }
  const libraries = [path.join(cache, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  return [fonts, { ...fonts, LD_LIBRARY_PATH: libraries }]
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

// ---- The packaged one -----------------------------------------------------------------------------------------------

/** Unpack the packaged browser once for each version. @returns null where the package has none */
async function packagedChromium(): Promise<string | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const root = entry.slice(0, entry.lastIndexOf(`${path.sep}build${path.sep}`))
  const manifest: unknown = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0'
  const folder = path.resolve('.test', `chromium-${version}`)
  if (existsSync(folder)) return path.join(folder, 'chromium')
  const draft = `${folder}.${process.pid}`
  await mkdir(draft, { recursive: true })
  const bin = path.join(root, 'bin')
  await Promise.all([
    pipeline(
      createReadStream(path.join(bin, 'chromium.br')),
      createBrotliDecompress(),
      createWriteStream(path.join(draft, 'chromium')),
    ),
    unpack(path.join(bin, 'al2023.tar.br'), path.join(draft, 'al2023')),
    unpack(path.join(bin, 'fonts.tar.br'), path.join(draft, 'fonts')),
  ])
  await chmod(path.join(draft, 'chromium'), 0o755)
  const fonts = path.join(folder, 'fonts')
  await writeFile(
    path.join(draft, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${fonts}</dir><cachedir>${fonts}-cache</cachedir></fontconfig>\n`,
  )
  // Another worker may have been faster; both made the same.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }))
  return path.join(folder, 'chromium')
}

/** Unpack a compressed tar archive: folders, files and links, which is all that these hold. */
async function unpack(archive: string, folder: string): Promise<void> {
  const bytes = await promisify(brotliDecompress)(await readFile(archive))
  const text = (start: number, length: number) => bytes.toString('utf8', start, start + length).replace(/\0.*$/s, '')
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const name = path.join(folder, text(at + 345, 155), text(at, 100))
    if (path.relative(folder, name).startsWith('..')) throw new Error(`${archive} holds a file outside of it.`)
    const size = parseInt(text(at + 124, 12), 8) || 0
    const kind = text(at + 156, 1)
    await mkdir(kind === '5' ? name : path.dirname(name), { recursive: true })
    if (kind === '2') await symlink(text(at + 157, 100), name).catch(() => undefined)
    else if (kind === '' || kind === '0')
      await writeFile(name, bytes.subarray(at + 512, at + 512 + size), { mode: 0o755 })
    at += 512 + Math.ceil(size / 512) * 512
  }
}
