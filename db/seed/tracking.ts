import { issueToken } from '#app/commands/tokens.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { World } from './world.ts'

export interface Tracked {
  readonly engagementId: EngagementId
  readonly name: string
  readonly who: PersonActor
}

/** A token that scripts log runs with; shown at every start, so it belongs to the demonstration only. */
export async function issueDemoToken(world: World, tracked: Tracked) {
  const { token } = await issueToken(
    { database: world.database, actor: tracked.who, now: new Date() },
    { engagementId: tracked.engagementId, name: 'Shown at the start', scopes: ['track', 'predict'] },
  )
  return { url: world.config.origin, token, engagement: tracked.name }
}
