export type Log = (line: string) => void

/** Where the names of the longest processes end. */
const WIDTH = 8

/** A log whose lines begin with a name, as `web      | listening`. */
export function logOf(name: string): Log {
  return (line) => {
    process.stdout.write(`${name.padEnd(WIDTH)} | ${line}\n`)
  }
}

/** Do something that may take long: say so when it does, and how long it took. */
export async function step<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const elapsed = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  const still = setInterval(() => log(`${what}: still at it after ${elapsed()} s …`), 5000)
  try {
    const done = await work()
    log(`${what}: done in ${elapsed()} s`)
    return done
  } finally {
    clearInterval(still)
  }
}
