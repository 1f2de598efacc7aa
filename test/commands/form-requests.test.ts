import { describe, expect } from 'vitest'
import { addRegisterItem } from '#app/commands/registers.ts'
import type { CommandContext } from '#app/commands/context.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { AppError, found } from '#app/domain/errors.ts'
import { RegisterForm } from '#app/domain/register.ts'
import { formRequestOf, once } from '#app/server/form-request.server.ts'
import { listRegister } from '#db/queries/registers.ts'
import type { Database } from '#db/types.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { as } from '#test/support/factories.ts'

const KEY = '0a000000-0000-4000-8000-000000000001'
const RISK = RegisterForm.parse({
  ...{ kind: 'risk', title: 'Winter data is thin', body: '', restingOn: '', due: '', audience: 'shared' },
})

/** The form of a page, as each of two requests that carry it has it. */
function aForm(pools: Pools, { lead }: EngagementFixture, title = RISK.title): CommandContext<PersonActor> {
  const formRequest = formRequestOf(lead.personId, { path: '/registers', values: { requestKey: KEY, title } })
  return { ...as(pools, lead), formRequest: found(formRequest) }
}

const seeOther = () => new Response(null, { status: 302, headers: { location: '/registers' } })

async function send(ctx: CommandContext<PersonActor>, { engagementId }: EngagementFixture, title = RISK.title) {
  return once(ctx, async () => {
    await addRegisterItem(ctx, { engagementId, form: { ...RISK, title } })
    return seeOther()
  })
}

const titles = (pools: Pools, { engagementId, lead }: EngagementFixture) =>
  pools.web.as({ personId: lead.personId }, async (tx) =>
    (await listRegister(tx, engagementId)).map(({ title }) => title),
  )

describe('a form that is sent twice', () => {
  test('at once does its work once, and both are led where it led', async ({ pools, fixture }) => {
    const sent = await Promise.allSettled([1, 2, 3].map(() => send(aForm(pools, fixture), fixture)))
    const answers = sent.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as unknown)))
    expect(answers.map((one) => one instanceof Response && one.headers.get('location'))).toEqual(
      Array<string>(3).fill('/registers'),
    )
    expect(await titles(pools, fixture)).toEqual([RISK.title])
  })

  test('with another text by the same key is another one', async ({ pools, fixture }) => {
    await send(aForm(pools, fixture), fixture)
    await send(aForm(pools, fixture, 'Another'), fixture, 'Another')
    expect((await titles(pools, fixture)).sort()).toEqual(['Another', RISK.title])
  })

  test('may be sent again when it was refused after all', async ({ pools, fixture }) => {
    const ctx = aForm(pools, fixture)
    await expect(
      once(ctx, async () => {
        await addRegisterItem(ctx, { engagementId: fixture.engagementId, form: { ...RISK, title: 'First half' } })
        throw new AppError('refused', 'The second half is not possible.')
      }),
    ).rejects.toMatchObject({ code: 'refused' })
    await send(aForm(pools, fixture), fixture)
    expect((await titles(pools, fixture)).sort()).toEqual(['First half', RISK.title])
  })

  test('is done although where it led could not be kept, and is not done again', async ({ pools, fixture }) => {
    const ctx = aForm(pools, fixture)
    let isAway = false
    const flaky: Database = {
      ...pools.web,
      as: (scope, work) => {
        if (!isAway) return pools.web.as(scope, work)
        isAway = false // it is back a moment later
        return Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' }))
      },
    }
    const answer = await once({ ...ctx, database: flaky }, async () => {
      await addRegisterItem(ctx, { engagementId: fixture.engagementId, form: RISK })
      isAway = true
      return seeOther()
    })
    expect(answer.status).toBe(302)
    await expect(send(aForm(pools, fixture), fixture)).rejects.toMatchObject({ code: 'conflict' })
    expect(await titles(pools, fixture)).toEqual([RISK.title])
  })
})
