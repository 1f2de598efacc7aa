import { afterEach, beforeEach, describe, expect } from 'vitest'
import {
  addFirm,
  askPasswordReset,
  checkPassword,
  hashPassword,
  inviteStaff,
  issueSetUpLink,
  setUpFirm,
  signOutEverywhere,
  useLink as takeUp,
} from '#app/commands/accounts.ts'
import { giveSeat } from '#app/commands/engagements.ts'
import { actorOfToken, endToken, issueToken } from '#app/commands/tokens.ts'
import { createSessions } from '#app/server/session.server.ts'
import { listMail, saveCredential } from '#db/queries/people.ts'
import { query, test } from '#test/support/database.ts'
import type { TestDatabase } from '#test/support/database.ts'
import type { Pools } from '#test/support/factories.ts'
import { actorOf, aFirm, anEngagement, as, NOW, openPools, ORIGIN } from '#test/support/factories.ts'

const PASSWORD = 'a sentence that is long enough'
const firm = { firm: 'New Firm', name: 'Olive Owner', email: 'olive@firm.test', password: PASSWORD }

let pools: Pools
beforeEach<{ database: TestDatabase }>(({ database }) => {
  pools = openPools(database)
})
afterEach(() => pools.close())

const door = () => ({ database: pools.web, now: NOW })

/** The token of the link with this label in the mail to an address. */
async function mailedToken(ownerUrl: string, email: string, label: string): Promise<string> {
  const [mail] = await query(
    ownerUrl,
    (sql) => sql<{ links: { url: string }[] }[]>`
    select links from mail_outbox where to_address = ${email} and links -> 0 ->> 'label' = ${label}`,
  )
  return mail?.links[0]?.url.split('/').at(-1) ?? ''
}

describe('the outbox', () => {
  test('is read a page at a time, newest first, each mail once', async ({ database }) => {
    const personId = await pools.web.as({ door: 'auth' }, (tx) =>
      addFirm(tx, { ...firm, passwordHash: 'none', now: NOW }),
    )
    await query(
      database.ownerUrl,
      // Five at one moment: the page may end between them.
      (sql) => sql`insert into mail_outbox (id, to_address, to_name, subject, body, links, created_at)
        select gen_random_uuid(), 'a@b.test', 'A', n::text, '', '[]', ${NOW}::timestamptz + (n / 5) * interval '1 hour' from generate_series(1, 17) n`,
    )
    const pages = await pools.web.as({ personId }, async (tx) => {
      const read = []
      for (let before: string | null = null; ;) {
        const page = await listMail(tx, { before, limit: 4 })
        read.push(page)
        before = page.at(-1)?.id ?? null
        if (before === null) return read
      }
    })
    const mails = pages.flat()
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 4, 4, 1, 0])
    expect(new Set(mails.map(({ id }) => id)).size).toBe(17)
    const times = mails.map(({ createdAt }) => createdAt.getTime())
    expect(times).toEqual([...times].sort((a, b) => b - a))
  })
})

describe('setting an instance up', () => {
  test('works once, by its link', async () => {
    const token = (await issueSetUpLink(pools.web, NOW)) ?? ''
    await expect(setUpFirm(door(), { ...firm, token: `${token}x` })).rejects.toMatchObject({ code: 'not_found' })
    const owner = await actorOf(pools, await setUpFirm(door(), { ...firm, token }))
    expect(owner).toMatchObject({ role: 'owner', organisationKind: 'consultancy', organisationName: 'New Firm' })
    await expect(setUpFirm(door(), { ...firm, email: 'eve@firm.test', token })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await issueSetUpLink(pools.web, NOW)).toBeNull()
  })

  test('of two who use the link at once, one gets it', async ({ database }) => {
    const token = (await issueSetUpLink(pools.web, NOW)) ?? ''
    const tries = await Promise.allSettled(
      ['a', 'b', 'c'].map((who) => setUpFirm(door(), { ...firm, email: `${who}@firm.test`, token })),
    )
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    expect(await query(database.ownerUrl, (sql) => sql`select email from persons`)).toHaveLength(1)
  })

  test('a bad password is said beside its field, and uses nothing up', async () => {
    const token = (await issueSetUpLink(pools.web, NOW)) ?? ''
    await expect(setUpFirm(door(), { ...firm, password: 'short', token })).rejects.toMatchObject({
      code: 'invalid',
      fields: { password: 'A password has at least 10 characters.' },
    })
    await setUpFirm(door(), { ...firm, token })
  })
})

describe('signing in', () => {
  test('says the same of an unknown address, a wrong password and a person who never joined', async () => {
    const { lead } = await aFirm(pools)
    await anEngagement(pools, lead)
    const said = await Promise.all(
      ['nobody@nowhere.test', 'owner@firm.test', 'ann@acme-freight.test'].map((email) =>
        checkPassword(pools.web, { email, password: 'wrong wrong wrong' }).catch((error: unknown) => error),
      ),
    )
    for (const error of said)
      expect(error).toMatchObject({
        code: 'unauthenticated',
        message: 'This e-mail address and password do not belong together.',
      })
  })

  test('stores no session id, refuses a planted one, and ends everywhere', async ({ database }) => {
    const token = (await issueSetUpLink(pools.web, NOW)) ?? ''
    const personId = await setUpFirm(door(), { ...firm, token })
    const sessions = createSessions(pools.web, { isSecure: false })
    const cookieOf = (header: string) => header.split(';')[0] ?? ''
    const planted = 'throughline=plantedplantedplantedplantedplantedplanted'
    const fresh = cookieOf(
      await sessions.start(personId, new Request(ORIGIN, { headers: { cookie: planted } }), new Date()),
    )
    expect(fresh).not.toBe(planted)
    expect(await sessions.read(planted)).toBeNull()
    expect((await sessions.read(fresh))?.actor.personId).toBe(personId)
    const dump = JSON.stringify(await query(database.ownerUrl, (sql) => sql`select * from sessions`))
    expect(dump).not.toContain(fresh.split('=')[1])
    const again = cookieOf(
      await sessions.start(personId, new Request(ORIGIN, { headers: { cookie: fresh } }), new Date()),
    )
    expect(await sessions.read(fresh)).toBeNull()
    await signOutEverywhere({ ...as(pools, await actorOf(pools, personId)) })
    expect(await sessions.read(again)).toBeNull()
  })

  test('ends at the absolute limit, however often it is used', async ({ database }) => {
    const token = (await issueSetUpLink(pools.web, NOW)) ?? ''
    const personId = await setUpFirm(door(), { ...firm, token })
    const sessions = createSessions(pools.web, { isSecure: true })
    const header = await sessions.start(personId, new Request(ORIGIN), new Date())
    expect(header).toMatch(
      /^__Host-throughline=.*HttpOnly; .*Path=\/; SameSite=Lax; Secure|^__Host-throughline=.*Secure/,
    )
    const cookie = header.split(';')[0] ?? ''
    expect(await sessions.read(cookie)).not.toBeNull()
    await query(database.ownerUrl, (sql) => sql`update sessions set absolute_expires_at = now() - interval '1 second'`)
    expect(await sessions.read(cookie)).toBeNull()
  })
})

describe('links in mails', () => {
  test('an invitation works once; a reset ends every session and every older reset does not outlive its hour', async ({
    database,
  }) => {
    const { lead } = await aFirm(pools)
    const owner = await actorOf(pools, await ownerId(database))
    expect(lead.role).toBe('member')
    await inviteStaff(as(pools, owner), { name: 'Ned New', email: 'ned@firm.test', role: 'member', origin: ORIGIN })
    const invitation = await mailedToken(database.ownerUrl, 'ned@firm.test', 'Accept the invitation')
    const personId = await takeUp(door(), { token: invitation, password: PASSWORD, name: 'Ned Newer' })
    await expect(takeUp(door(), { token: invitation, password: PASSWORD })).rejects.toMatchObject({ code: 'not_found' })
    expect(await checkPassword(pools.web, { email: 'ned@firm.test', password: PASSWORD })).toBe(personId)
    expect((await actorOf(pools, personId)).name).toBe('Ned Newer')

    const sessions = createSessions(pools.web, { isSecure: false })
    const cookie = (await sessions.start(personId, new Request(ORIGIN), new Date())).split(';')[0] ?? ''
    await askPasswordReset({ ...door(), origin: ORIGIN, isMailSent: true }, 'ned@firm.test')
    const reset = await mailedToken(database.ownerUrl, 'ned@firm.test', 'Choose a new password')
    const late = { database: pools.web, now: new Date(NOW.getTime() + 61 * 60_000) }
    await expect(takeUp(late, { token: reset, password: 'another long sentence' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await takeUp(door(), { token: reset, password: 'another long sentence' })
    expect(await sessions.read(cookie)).toBeNull()
    await expect(checkPassword(pools.web, { email: 'ned@firm.test', password: PASSWORD })).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })

  test('an unknown address is asked for silently: no mail, no event', async ({ database }) => {
    await askPasswordReset({ ...door(), origin: ORIGIN, isMailSent: true }, 'nobody@nowhere.test')
    expect(await query(database.ownerUrl, (sql) => sql`select 1 from mail_outbox`)).toHaveLength(0)
  })

  test('a reset of a client’s person is not made where the mail would be kept for us to read', async ({ database }) => {
    const { lead } = await aFirm(pools)
    const { client } = await anEngagement(pools, lead)
    const owner = await actorOf(pools, await ownerId(database))
    const passwordHash = await hashPassword(PASSWORD)
    await pools.web.as({ door: 'auth' }, async (tx) => {
      for (const { personId } of [client, owner]) await saveCredential(tx, personId, passwordHash, NOW)
    })
    for (const { email } of [client, owner])
      await askPasswordReset({ ...door(), origin: ORIGIN, isMailSent: false }, email)
    const mails = await query(
      database.ownerUrl,
      (sql) => sql`select to_address from mail_outbox where subject = 'Choose a new password'`,
    )
    expect(mails).toEqual([{ to_address: owner.email }])
  })

  test('who never joined is invited once more, and nobody who did', async ({ database }) => {
    await aFirm(pools)
    const owner = await actorOf(pools, await ownerId(database))
    const invite = () =>
      inviteStaff(as(pools, owner), { name: 'Ned New', email: 'ned@firm.test', role: 'member', origin: ORIGIN })
    expect(await invite()).toBe(await invite())
    const token = await mailedToken(database.ownerUrl, 'ned@firm.test', 'Accept the invitation')
    await takeUp(door(), { token, password: PASSWORD })
    await expect(invite()).rejects.toMatchObject({ code: 'conflict' })
  })

  test('an administrator gives no role beyond their own, and a lead adds nobody to our firm', async ({ database }) => {
    const { lead } = await aFirm(pools)
    const { engagementId } = await anEngagement(pools, lead)
    const owner = await actorOf(pools, await ownerId(database))
    const adminId = await inviteStaff(as(pools, owner), {
      name: 'Ada Admin',
      email: 'ada@firm.test',
      role: 'admin',
      origin: ORIGIN,
    })
    const admin = await actorOf(pools, adminId)
    for (const role of ['owner', 'executive'] as const)
      await expect(
        inviteStaff(as(pools, admin), { name: 'Eve', email: 'eve@firm.test', role, origin: ORIGIN }),
      ).rejects.toMatchObject({ code: 'refused', fields: { role: /Only an owner/ } })
    const seat = { engagementId, name: 'Eve', email: 'eve@firm.test', raci: 'R', origin: ORIGIN } as const
    await expect(giveSeat(as(pools, lead), { ...seat, function: 'data_scientist' })).rejects.toMatchObject({
      code: 'refused',
      message: /invites new colleagues first/,
    })
    await giveSeat(as(pools, lead), { ...seat, function: 'data_scientist', email: 'ada@firm.test' })
  })

  test('no link and no token stands in the database as it was sent', async ({ database }) => {
    const { lead } = await aFirm(pools)
    const { engagementId } = await anEngagement(pools, lead)
    const { token } = await issueToken(as(pools, lead), { engagementId, name: 'ci', scopes: ['track'] })
    const link = (await issueSetUpLink(pools.web, NOW)) ?? 'none'
    const dump = JSON.stringify(
      await query(database.ownerUrl, (sql) =>
        Promise.all([sql`select * from api_tokens`, sql`select * from one_time_links`]),
      ),
    )
    expect(dump).not.toContain(token)
    expect(dump).not.toContain(link === 'none' ? token : link)
  })
})

describe('tokens', () => {
  test('are of one engagement and one scope, and end when they are revoked', async ({ database }) => {
    const { lead, colleague } = await aFirm(pools)
    const { engagementId } = await anEngagement(pools, lead)
    await expect(
      issueToken(as(pools, colleague), { engagementId, name: 'x', scopes: ['track'] }),
    ).rejects.toMatchObject({ code: 'not_found' })
    const { token } = await issueToken(as(pools, lead), { engagementId, name: 'ci', scopes: ['track'] })
    const now = new Date(NOW.getTime() + 1000)
    expect(await actorOfToken(pools.web, token, { scope: 'track', use: 'read' }, now)).toMatchObject({
      personId: lead.personId,
      onlyEngagementId: engagementId,
    })
    await expect(actorOfToken(pools.web, token, { scope: 'predict', use: 'read' }, now)).rejects.toMatchObject({
      code: 'forbidden',
    })
    const tooLate = new Date(NOW.getTime() + 91 * 86_400_000)
    await expect(actorOfToken(pools.web, token, { scope: 'track', use: 'read' }, tooLate)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    const [row] = await query(database.ownerUrl, (sql) => sql<{ id: string }[]>`select id from api_tokens`)
    await endToken(as(pools, lead), {
      engagementId,
      tokenId: (row?.id ?? '') as Parameters<typeof endToken>[1]['tokenId'],
    }) // read from the database
    await expect(actorOfToken(pools.web, token, { scope: 'track', use: 'read' }, now)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })
})

async function ownerId(database: TestDatabase) {
  const [row] = await query(
    database.ownerUrl,
    (sql) => sql<{ id: string }[]>`select id from persons where email = 'owner@firm.test'`,
  )
  return (row?.id ?? '') as Parameters<typeof actorOf>[1] // read from the database
}
