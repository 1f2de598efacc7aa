import { defineConfig } from 'vitest/config'

const unit = ['test/domain/**/*.test.ts', 'test/ui/**/*.test.{ts,tsx}', 'test/unit/**/*.test.ts']

export default defineConfig({
  test: {
    // Half of the tests wait for leases, drains and probes: a third keeps two cores busy meanwhile.
    maxWorkers: 3,
    projects: [
      // Some start processes of their own, on a machine that does other things.
      { test: { name: 'unit', include: unit, testTimeout: 20_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...unit, 'test/e2e/**', 'test/system/**', 'node_modules/**'],
          globalSetup: ['test/support/global-database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      // The whole portal as `npm start` starts it: one after the other, because each takes the machine.
      { test: { name: 'system', include: ['test/system/**/*.test.ts'], fileParallelism: false } },
    ],
  },
})
