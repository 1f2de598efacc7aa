/**
 * `npm run --silent tracking:token -- --engagement CODE [--create]`: the address and a token of an engagement for scripts
 * and for other people's CI, as the two variables that MLflow's client reads. The portal must be running.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { trackingToken } from '#app/commands/tracking-token.ts'
import { isAppError } from '#app/domain/errors.ts'
import { openDatabase } from '#db/client.server.ts'
import { StartRefused } from './refused.ts'
import type { Settings } from './settings.ts'
import { readSettings } from './settings.ts'

const ROLE = 'throughline_web'
const USAGE = 'Say which engagement: npm run --silent tracking:token -- --engagement CODE [--create]'

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { engagement: { type: 'string' }, create: { type: 'boolean', default: false } },
  })
  if (values.engagement === undefined) throw new StartRefused(USAGE)
  const settings = readSettings(process.env)
  const database = openDatabase(await webUrl(settings), { connectionsMax: 1, name: 'throughline tracking token' })
  try {
    const token = await trackingToken(database, {
      code: values.engagement,
      mayCreate: values.create,
      now: new Date(),
    })
    process.stdout.write(`MLFLOW_TRACKING_URI=${settings.publicOrigin}\nMLFLOW_TRACKING_TOKEN=${token}\n`)
  } finally {
    await database.close()
  }
}

/** The web role's way to the database, by the password that the first start made. */
async function webUrl(settings: Settings): Promise<string> {
  const kept = (name: string) => readFile(path.join(settings.dataDir, name), 'utf8').catch(() => null)
  const password = await kept(path.join('secrets', ROLE))
  const port = await kept('postgres.port')
  if (password === null || (settings.databaseUrl === null && port === null))
    throw new StartRefused(`There is no portal in ${settings.dataDir}. Start it with npm start, or set DATA_DIR.`)
  const url = new URL(settings.databaseUrl ?? `postgres://127.0.0.1:${port?.trim() ?? ''}/throughline`)
  url.username = ROLE
  url.password = password.trim()
  return url.toString()
}

main().catch((error: unknown) => {
  const isRefused = error instanceof StartRefused || isAppError(error)
  const said = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${isRefused ? said : `The token could not be made: ${said}`}\n`)
  process.exitCode = 1
})
