import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The module that loads the interpreter. */
export const PYODIDE = realpathSync(createRequire(import.meta.url).resolve('pyodide/pyodide.mjs'))

/** The manifest is read, not imported: it is JSON. */
const Manifest = z.object({ version: z.string() })
export const PYODIDE_VERSION = Manifest.parse(
  JSON.parse(readFileSync(path.join(path.dirname(PYODIDE), 'package.json'), 'utf8')),
).version

/** What packages are imported by, wherever the portal's own interpreter runs. */
export const INTERPRETER = `pyodide ${PYODIDE_VERSION}`

const OPTIONS = createHash('sha256')
  .update(readFileSync(new URL('./cage/python.mjs', import.meta.url)))
  .digest('hex')
  .slice(0, 12)
/** Named as `workers/ensure-ready.mjs` makes it: what another interpreter, Node or way to start made is never loaded. */
const SNAPSHOT = fileURLToPath(
  new URL(
    `../../node_modules/.cache/cage/python-${PYODIDE_VERSION}-${process.version}-${OPTIONS}.snapshot`,
    import.meta.url,
  ),
)

/**
 * The memory of the interpreter as it is just after its start, made once after the installation: a program begins after 0.4 s
 * of processor time instead of 2.8 s. Null where nobody built one; then every program starts the interpreter itself.
 */
export function pythonSnapshot(): string | null {
  return existsSync(SNAPSHOT) ? realpathSync(SNAPSHOT) : null
}
