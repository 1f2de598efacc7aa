import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const unit = ['test/domain/**/*.test.ts', 'test/ui/**/*.test.{ts,tsx}', 'test/unit/**/*.test.ts']

/** What takes longest begins first, so that none of it runs on alone at the end: the engines, then what starts processes. */
const LONGEST = [
  /[/]executors[/]engines/,
  /[/]test[/](integration|executors)[/]/,
  /[/]unit[/](recipes|cage|serving)[.]/,
  /./,
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((fits) => fits.test(moduleId))
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

/** What the files import is read once a worker: a third less of processor time. No test leaves anything in a module. */
const ONE_READING = { pool: 'threads', isolate: false } as const

/** What is waited for comes, however much else the machine does: vitest's own second is too little for ten thousand runs. */
const expect = { poll: { timeout: 20_000 } }

export default defineConfig({
  test: {
    // Half of the tests wait for leases, drains and probes: a third keeps two cores busy meanwhile.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Some start processes of their own, on a machine that does other things.
      {
        test: {
          name: 'unit',
          include: unit,
          globalSetup: ['test/support/bundles.ts'],
          testTimeout: 30_000,
          expect,
          ...ONE_READING,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...unit, 'test/e2e/**', 'test/system/**', 'node_modules/**'],
          globalSetup: ['test/support/bundles.ts', 'test/support/global-database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect,
          ...ONE_READING,
        },
      },
      // The whole portal as `npm start` starts it: one after the other, because each takes the machine.
      { test: { name: 'system', include: ['test/system/**/*.test.ts'], fileParallelism: false, expect } },
    ],
  },
})
