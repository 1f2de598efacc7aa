/** Print the one-time link by which the first person sets an empty instance up; nothing when somebody has an account. */
import { issueSetUpLink } from '#app/commands/accounts.ts'
import { paths } from '#app/paths.ts'
import { openDatabase } from '#db/client.server.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'
import { readSeedConfig } from './config.server.ts'

exitWithParent()
const config = readSeedConfig()
const database = openDatabase(config.databaseUrl, { connectionsMax: 1, name: 'throughline set-up' })
const token = await issueSetUpLink(database, new Date())
if (token !== null) {
  process.stdout.write('Nobody has an account yet. Set the portal up with this link, which works once, for 24 hours:\n')
  process.stdout.write(`  ${config.origin}${paths.setUp(token)}\n`)
}
await database.close()
