/** A process whose connection the server ends in the middle of a transaction, again and again; it tells how each ended. */
import { sql } from 'drizzle-orm'
import { isDatabaseAway, isLostWrite, openDatabase } from '#db/client.server.ts'

const database = openDatabase(process.argv[2] ?? '', { connectionsMax: 2, name: 'cut' })
let lostWrites = 0
process.on('uncaughtException', (error) => {
  if (!isLostWrite(error)) process.exit(1)
  lostWrites += 1
  void database.renew()
})

const ends: string[] = []
for (let time = 0; time < 5; time += 1) {
  const cut = database.as({}, (tx) => tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`))
  ends.push(
    await cut.then(
      () => 'done',
      (error: unknown) => (isDatabaseAway(error) ? 'away' : 'wrong'),
    ),
  )
  await database.answers()
}
process.stdout.write(JSON.stringify({ ends, hasLostWrites: lostWrites > 0 }))
process.exit(0)
