import { randomInt } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { CAST } from './cast.ts'

const Demo = z.object({
  isDemonstration: z.literal(true),
  /** When the first filling began; times in the past are counted from it. */
  startedAt: z.iso.datetime(),
  isComplete: z.boolean(),
  signIns: z.array(z.object({ name: z.string(), role: z.string(), email: z.string(), password: z.string() })),
  tracking: z.object({ url: z.string(), token: z.string(), engagement: z.string() }).optional(),
})
export type Demo = z.infer<typeof Demo>

const PASSWORD_SIGNS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Fresh sign-ins: one password for all of this instance's demonstration, and no other instance's. */
export function newDemo(now: Date): Demo {
  const signs = Array.from({ length: 12 }, () => PASSWORD_SIGNS[randomInt(PASSWORD_SIGNS.length)])
  const password = [signs.slice(0, 4), signs.slice(4, 8), signs.slice(8)].map((part) => part.join('')).join('-')
  return {
    isDemonstration: true,
    startedAt: now.toISOString(),
    isComplete: false,
    signIns: CAST.map(({ name, role, email }) => ({ name, role, email, password })),
  }
}

/** @returns null when there is none, or none that can be read */
export async function readDemo(dataDir: string): Promise<Demo | null> {
  const text = await readFile(placeOf(dataDir), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return Demo.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Readable by its owner only; a crash leaves the old file or the new one. */
export async function writeDemo(dataDir: string, demo: Demo): Promise<void> {
  const draft = `${placeOf(dataDir)}.new`
  await writeFile(draft, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600, flush: true })
  await chmod(draft, 0o600)
  await rename(draft, placeOf(dataDir))
}

function placeOf(dataDir: string): string {
  return path.join(dataDir, 'demo.json')
}
