import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const unit = ['test/domain/**/*.test.ts', 'test/ui/**/*.test.{ts,tsx}', 'test/unit/**/*.test.ts']

/** The files that start whole processes take longest: they begin first, so that none of them runs on alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /[/]test[/](integration|executors)[/]/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** What the files import is read once a worker: a third less of processor time. No test leaves anything in a module. */
const ONE_READING = { pool: 'threads', isolate: false } as const

export default defineConfig({
  test: {
    // Half of the tests wait for leases, drains and probes: a third keeps two cores busy meanwhile.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Some start processes of their own, on a machine that does other things.
      { test: { name: 'unit', include: unit, testTimeout: 20_000, ...ONE_READING } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...unit, 'test/e2e/**', 'test/system/**', 'node_modules/**'],
          globalSetup: ['test/support/global-database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          ...ONE_READING,
        },
      },
      // The whole portal as `npm start` starts it: one after the other, because each takes the machine.
      { test: { name: 'system', include: ['test/system/**/*.test.ts'], fileParallelism: false } },
    ],
  },
})
