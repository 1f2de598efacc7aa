import { test as withDatabase } from './database.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { aFirm, anEngagement, openPools } from './factories.ts'

/** Vitest's `test` with the roles' pools and an engagement of a firm; a test that asks for less gets less. */
export const test = withDatabase.extend<{ pools: Pools; fixture: EngagementFixture }>({
  pools: async ({ database }, use) => {
    const pools = openPools(database)
    await use(pools)
    await pools.close()
  },
  fixture: async ({ pools }, use) => {
    const { lead } = await aFirm(pools)
    await use(await anEngagement(pools, lead))
  },
})
