import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { bucketWords } from '#db/s3-bucket.server.ts'

const Demo = z.object({
  signIns: z.array(z.object({ name: z.string(), role: z.string(), email: z.string(), password: z.string() })).max(50),
  tracking: z.object({ url: z.string(), token: z.string(), engagement: z.string() }).optional(),
})

/** What a person reads when everything runs: where to go, and with which account. */
export async function greeting(options: {
  origin: string
  dataDir: string
  /** Null: artifacts are kept in the data folder, too. */
  bucket: Bucket | null
  isDemo: boolean
  notes: readonly string[]
  elapsedSeconds: number
}): Promise<string> {
  const demo = options.isDemo ? await readDemo(options.dataDir) : null
  const lines = ['', `Throughline is ready after ${options.elapsedSeconds.toFixed(1)} s:  ${options.origin}`, '']
  if (demo) {
    const rows = [
      ['role', 'name', 'e-mail', 'password'],
      ...demo.signIns.map((s) => [s.role, s.name, s.email, s.password]),
    ]
    lines.push('Sign in to the demonstration as:', ...table(rows), '')
    if (demo.tracking) {
      lines.push(
        `Log runs of “${demo.tracking.engagement}” with any MLflow client:`,
        `  export MLFLOW_TRACKING_URI=${demo.tracking.url}`,
        `  export MLFLOW_TRACKING_TOKEN=${demo.tracking.token}`,
        '',
      )
    }
  }
  if (options.notes.length > 0) lines.push(...options.notes, '')
  const artifacts = options.bucket === null ? '' : `, and artifacts in ${bucketWords(options.bucket)}`
  return [...lines, `Everything is kept in ${options.dataDir}${artifacts}. Ctrl-C stops it.`, ''].join('\n') + '\n'
}

async function readDemo(dataDir: string) {
  const text = await readFile(path.join(dataDir, 'demo.json'), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return Demo.parse(JSON.parse(text))
  } catch {
    return null // the file is the seed's to mend; without it the portal runs all the same
  }
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
