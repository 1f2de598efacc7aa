/** Who runs some of the tests by hand starts the processes of the sources as they are now, too. */
import { ensureBundles } from '#workers/ensure-ready.mjs'

export const setup = ensureBundles
