import type { CommandContext } from '#app/commands/context.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { Database, Tx } from '#db/types.ts'
import type { SeedConfig } from './config.server.ts'
import type { Demo } from './demo-file.ts'

/** What every step of the demonstration is given. */
export interface World {
  readonly database: Database
  readonly blobs: Blobs
  readonly config: SeedConfig
  readonly demo: Demo
  /** When the first filling began. */
  readonly startedAt: Date
  readonly say: (line: string) => void
}

const DAY_MS = 86_400_000

/** The time `daysAgo` days before the demonstration was filled. */
export function timeOf(world: World, daysAgo: number): Date {
  return new Date(world.startedAt.getTime() - daysAgo * DAY_MS)
}

/** A command's context: who acts, and how many days before the demonstration was filled. */
export function acting(world: World, actor: PersonActor, daysAgo = 0): CommandContext<PersonActor> {
  return { database: world.database, actor, now: timeOf(world, daysAgo) }
}

/** The day, `daysAgo` days before the demonstration was filled, as YYYY-MM-DD. */
export function dayOf(world: World, daysAgo: number): string {
  return timeOf(world, daysAgo).toISOString().slice(0, 10)
}

/** Ask something as a person. */
export function asking<T>(world: World, actor: PersonActor, question: (tx: Tx) => Promise<T>): Promise<T> {
  return world.database.as({ personId: actor.personId }, question)
}
