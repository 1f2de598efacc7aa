/**
 * How Node starts one of our processes, in the root: as `workers/ensure-ready.mjs` built it.
 * @param entry its source, from the root
 */
export function argumentsOf(entry: string): string[] {
  return ['--enable-source-maps', `build/processes/${entry.replace(/\.ts$/, '.js')}`]
}
