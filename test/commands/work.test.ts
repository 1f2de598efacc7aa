import { describe, expect } from 'vitest'
import { giveSeat } from '#app/commands/engagements.ts'
import { correctWork, logWork, startTimer } from '#app/commands/work.ts'
import { parseWorkLine, workLineOf } from '#app/domain/work.ts'
import { listWork, sumWork } from '#db/queries/work.ts'
import { test } from '../support/engagement.ts'
import { aFirm, anEngagement, as } from '../support/factories.ts'

describe('an entry of work', () => {
  test('is corrected and removed by the person who logged it, and by nobody else', async ({ pools }) => {
    const { lead, colleague } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const { engagementId } = fixture
    const ctx = () => as(pools, lead, new Date())
    const seen = <T>(ask: (tx: Parameters<typeof listWork>[0]) => Promise<T>) =>
      pools.web.as({ personId: lead.personId }, ask)
    const entryId = await logWork(ctx(), { engagementId, line: '2h leakage fix' })
    await correctWork(ctx(), { engagementId, entryId, line: '45m a call with Jo' })
    expect(await seen((tx) => listWork(tx, engagementId))).toMatchObject([{ minutes: 45, note: 'a call with Jo' }])
    await expect(correctWork(ctx(), { engagementId, entryId, line: 'soon' })).rejects.toMatchObject({ code: 'invalid' })
    await expect(correctWork(ctx(), { engagementId, entryId, line: '1h x #C9' })).rejects.toMatchObject({
      code: 'invalid',
    })
    await giveSeat(as(pools, lead, new Date()), {
      engagementId,
      name: colleague.name,
      email: colleague.email,
      function: 'data_scientist',
      raci: 'R',
      origin: 'https://portal.test',
    })
    await expect(
      correctWork(as(pools, colleague, new Date()), { engagementId, entryId, line: null }),
    ).rejects.toMatchObject({ code: 'refused' })
    await expect(
      correctWork(as(pools, fixture.client, new Date()), { engagementId, entryId, line: null }),
    ).rejects.toMatchObject({ code: 'not_found' })
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(correctWork(ctx(), { engagementId: other.engagementId, entryId, line: null })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await seen((tx) => sumWork(tx, engagementId))).toMatchObject({ offScope: 45 })

    await correctWork(ctx(), { engagementId, entryId, line: null })
    expect(await seen((tx) => listWork(tx, engagementId))).toEqual([])
    await expect(correctWork(ctx(), { engagementId, entryId, line: null })).rejects.toMatchObject({ code: 'not_found' })
    await startTimer(ctx(), { engagementId, note: '' })
    const [running] = await seen((tx) => listWork(tx, engagementId))
    await expect(
      correctWork(ctx(), { engagementId, entryId: running?.id ?? entryId, line: null }),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  test.each([
    [{ minutes: 135, note: 'leakage fix', target: 'C2' }, '2h15m leakage fix #C2'],
    [{ minutes: 60, note: '', target: null }, '1h'],
    [{ minutes: 5, note: 'a call', target: null }, '5m a call'],
  ])('is the line that would log it: %j', (entry, line) => {
    expect(workLineOf(entry)).toBe(line)
    expect(parseWorkLine(line)).toEqual({ minutes: entry.minutes, note: entry.note, key: entry.target })
  })
})
