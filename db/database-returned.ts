/** What the supervisor says to a process that keeps connections to a database which was away. */
export const DATABASE_RETURNED = 'the database is back'
