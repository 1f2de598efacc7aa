/** The cage's program inside a container: it is talked to over standard input and output. */
import { hold } from './held.mjs'

hold(process.stdin, process.stdout)
await import('./child.mjs')
