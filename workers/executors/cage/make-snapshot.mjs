/** `node make-snapshot.mjs FILE`: start the interpreter once and keep its memory, for programs to begin from. */
import { renameSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { loadPyodide } from 'pyodide'
import { PRELOADED, PYTHON } from './python.mjs'

const file = process.argv[2]
const python = await loadPyodide({ ...PYTHON, _makeSnapshot: true })
python.runPython(`import ${PRELOADED.join(', ')}`)
writeFileSync(`${file}.${process.pid}`, python.makeMemorySnapshot(), { flush: true })
renameSync(`${file}.${process.pid}`, file)
process.exit(0)
