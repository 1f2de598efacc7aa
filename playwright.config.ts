import { rmSync } from 'node:fs'
import { defineConfig } from '@playwright/test'
import { findChromium } from '#test/support/chromium.ts'
import { copySeeded } from '#test/support/seeded-folder.ts'

const port = Number(process.env.TEST_PORT ?? '4173')
const origin = `http://127.0.0.1:${port}`
const dataDir = process.env.TEST_DATA_DIR ?? '.test/portal'
// Every run sees a first start, or what one left. The workers read this file too, when the portal runs already.
if (process.env.TEST_WORKER_INDEX === undefined) {
  rmSync(dataDir, { recursive: true, force: true })
  copySeeded(dataDir)
}

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    baseURL: origin,
    launchOptions: await findChromium(),
    actionTimeout: 15_000,
    // Recording every step costs a quarter of the processor time; for a failure that a picture does not explain: --trace on.
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 800 },
  },
  webServer: {
    command: 'node workers/start.mjs',
    // Not merely when it answers: when the demonstration is there.
    wait: { stdout: /Throughline is ready/ },
    env: { PORT: String(port), DATA_DIR: dataDir, DEMO: 'on' },
    timeout: 240_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 60_000 },
    stdout: 'pipe',
  },
})
