/**
 * The demonstration: a small consultancy with engagements in different states. Everything goes through the commands that
 * the pages use, and every measured number comes from a job that a worker runs now. Safe to kill and to repeat: each step
 * looks first whether it was done.
 */
import { openBlobs } from '#db/blob-store.server.ts'
import { openDatabase } from '#db/client.server.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'
import { isEmptyInstance } from '#db/queries/people.ts'
import { readSeedConfig } from './config.server.ts'
import { newDemo, readDemo, writeDemo } from './demo-file.ts'
import { ensureTable } from './people.ts'
import { seedBirdStrikes, seedOthers, seedPaused, seedWeather } from './story.ts'
import { issueDemoToken } from './tracking.ts'
import type { World } from './world.ts'

exitWithParent()
const config = readSeedConfig()
const database = openDatabase(config.databaseUrl, { connectionsMax: 4, name: 'throughline demo' })
const kept = await readDemo(config.dataDir)
const isEmpty = await database.as({ door: 'auth' }, isEmptyInstance)

if (kept?.isComplete === true && !isEmpty) {
  // Nothing to do: the usual start.
} else if (kept === null && !isEmpty) {
  process.stdout.write('This instance has data of its own, so no demonstration is added.\n')
} else {
  await fill()
}
await database.close()

async function fill(): Promise<void> {
  const startedAt = performance.now()
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say('Filling the demonstration; the models are trained now, by jobs, which takes about half a minute …')
  // Written before the first account is made: a start that is killed goes on with the same password.
  const demo = kept ?? newDemo(new Date())
  await writeDemo(config.dataDir, demo)
  const blobs = await openBlobs(config.dataDir, config)
  const world: World = { database, blobs, config, demo, startedAt: new Date(demo.startedAt), say }
  const people = await ensureTable(world)
  // In the order of their signatures: a client's decisions are one chain.
  await seedPaused(world, people)
  const [birds] = await Promise.all([seedBirdStrikes(world, people), seedWeather(world, people)])
  await seedOthers(world, people)
  const tracking = demo.tracking ?? (await issueDemoToken(world, birds))
  await writeDemo(config.dataDir, { ...demo, tracking, isComplete: true })
  say(`The demonstration is complete after ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`)
}
