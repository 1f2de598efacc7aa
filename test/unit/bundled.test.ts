import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { argumentsOf } from '#workers/bundled.ts'

test.each(['app/main.ts', 'workers/main.ts', 'workers/serving/main.ts'])(
  'a fault of %s is told by the line of its source',
  (entry) => {
    const { status, stderr } = spawnSync(process.execPath, argumentsOf(entry), {
      env: { NODE_ENV: 'production' },
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`at .*/${entry}:\\d+:\\d+`))
    expect(stderr).not.toContain('build/processes')
  },
)
