import type { Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { createSessions } from '#app/server/session.server.ts'
import { query } from '#test/support/database.ts'
import { findChromium } from '#test/support/chromium.ts'
import { test as base } from '#test/support/engagement.ts'
import { startPortal } from '#test/support/processes.ts'
import { aVerifiedRun } from '#test/support/runs.ts'

const RUNS = 10_000
/** Far more than a window shows; far less than there are. */
const DRAWN_MAX = 90

type Browser = Awaited<ReturnType<typeof chromium.launch>>
let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch(await findChromium())
}, 120_000)
afterAll(() => browser.close())

/** What went wrong on a page so far. */
const faults = new WeakMap<Page, string[]>()

interface Looking {
  /** Open the list of runs; a window of the given size. */
  open(search?: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page>
}

/** A portal with 10,000 runs, `run 1` to `run 10000`, the newest the last; metric `roc_auc` falls as `n` grows. */
const test = base.extend<{ looking: Looking }>({
  looking: async ({ pools, fixture, database }, use) => {
    await aVerifiedRun(pools, fixture)
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into runs select (jsonb_populate_record(r, jsonb_build_object('id', md5(g::text), 'name', 'run ' || g, 'start_time', 2000000000000 + g))).*
        from runs r, generate_series(1, ${RUNS}) g`
      await sql`insert into latest_metrics select (jsonb_populate_record(m, jsonb_build_object('run_id', md5(g::text), 'value', 1 - g / ${RUNS * 2}::float8))).*
        from latest_metrics m, generate_series(1, ${RUNS}) g`
      await sql`analyze runs, latest_metrics`
      return []
    })
    const portal = await startPortal(database)
    const sessions = createSessions(pools.web, { isSecure: false })
    const cookie = await sessions.start(fixture.client.personId, new Request(portal.origin), new Date())
    const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=')
    await use({
      async open(search = '', options = {}) {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
        await context.addCookies([{ name, value, url: portal.origin }])
        const page = await context.newPage()
        const said: string[] = []
        faults.set(page, said)
        page.on('pageerror', (error) => said.push(error.message))
        page.on('requestfailed', (request) => said.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`))
        page.on('response', (answer) => {
          if (answer.status() >= 400) said.push(`${answer.url()}: ${String(answer.status())}`)
        })
        await page.goto(`${portal.origin}/engagements/${fixture.engagementId}/runs${search}`)
        return page
      },
    })
    await portal.stop()
  },
})

const table = (page: Page) => page.getByRole('table', { name: 'Runs' })
const drawn = (page: Page) => table(page).locator('tbody tr:not([aria-hidden])')
const names = async (page: Page) =>
  drawn(page).evaluateAll((rows) => rows.map((row) => row.querySelector('a')?.textContent ?? ''))
const inSight = (page: Page) =>
  drawn(page).evaluateAll((rows) =>
    rows.flatMap((row) => {
      const { top, bottom } = row.getBoundingClientRect()
      return top >= 0 && bottom <= window.innerHeight ? [row.querySelector('a')?.textContent ?? ''] : []
    }),
  )
/** Until React has the page, which takes long where much else runs. What stood in its way is said. */
async function untilLive(page: Page): Promise<void> {
  const live = page.getByRole('status').filter({ hasText: /runs/ })
  for (;;) {
    const isLive = await live.waitFor({ timeout: 60_000 }).then(
      () => true,
      () => false,
    )
    if (isLive) return
    const said = (faults.get(page) ?? []).splice(0)
    // Containers that come and go beside these tests change the network, and a browser then ends what it was loading.
    const isCutOff = said.length > 0 && said.every((fault) => fault.includes('ERR_NETWORK_CHANGED'))
    if (!isCutOff) expect([...said, (await page.locator('body').innerText()).slice(0, 500)]).toEqual([])
    await page.reload()
  }
}

describe('ten thousand runs', { timeout: 240_000 }, () => {
  test('are scrolled to the last one, a window of them drawn at a time', async ({ looking }) => {
    const page = await looking.open()
    await untilLive(page)
    expect(await table(page).getAttribute('aria-rowcount')).toBe(String(RUNS + 2))
    expect(await page.getByRole('status').textContent()).toMatch(/^[\d,]+ of 10,001 runs$/)
    let most = 0
    await expect
      .poll(
        async () => {
          await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
          await page.waitForTimeout(20)
          most = Math.max(most, await drawn(page).count())
          return inSight(page)
        },
        { timeout: 120_000, interval: 20 },
      )
      .toContain('r')
    expect(most).toBeLessThan(DRAWN_MAX)
    expect(most).toBeGreaterThan(10)
    expect(await page.getByRole('status').textContent()).toBe('10,001 runs')
    // Each row says where it stands; what is drawn is in order and without a hole.
    const places = await drawn(page).evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('aria-rowindex'))))
    expect(places.at(-1)).toBe(RUNS + 2)
    expect(places).toEqual(places.map((_, at) => (places[0] ?? 0) + at))
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2))
    await expect.poll(() => inSight(page)).toContainEqual(expect.stringMatching(/^run (49|50)\d\d$/))
    expect(await drawn(page).count()).toBeLessThan(DRAWN_MAX)
    await page.context().close()
  })

  test('are ordered, filtered, ticked and compared, wherever they stand', async ({ looking }) => {
    const page = await looking.open()
    await untilLive(page)
    await page.getByLabel('Choose run 10000 to compare').check()
    await page.mouse.wheel(0, 12_000)
    await expect.poll(() => inSight(page)).not.toContain('run 10000')
    const [far = ''] = await inSight(page)
    await page.getByLabel(`Choose ${far} to compare`, { exact: true }).check()
    await expect.poll(() => page.getByText('2 ticked').count()).toBe(1)
    await page.evaluate(() => window.scrollTo(0, 0))
    await expect.poll(() => page.getByLabel('Choose run 10000 to compare').isChecked()).toBe(true)

    await page.getByRole('columnheader', { name: /ROC/ }).getByRole('link').click()
    await expect.poll(async () => (await names(page))[0]).toBe('run 1')
    await page.evaluate(() => window.scrollTo(0, 4000))
    await expect.poll(() => inSight(page)).toContainEqual(expect.stringMatching(/^run 8\d$/))
    await page.evaluate(() => window.scrollTo(0, 0))
    await page.getByRole('searchbox').fill("attributes.run_name LIKE 'run 99%' AND metrics.roc_auc < 0.506")
    await page.getByRole('button', { name: 'Filter' }).click()
    await expect.poll(() => page.getByRole('status').textContent()).toBe('100 runs')
    await page.getByRole('button', { name: 'Compare the ticked runs' }).click()
    await page.waitForURL(/compare\?run=/)
    for (const name of ['run 10000', far])
      await expect.poll(() => page.getByRole('columnheader', { name, exact: true }).count()).toBe(1)
    await page.context().close()
  })

  test('are reached by keyboard, on a telephone, and without JavaScript', async ({ looking }) => {
    const page = await looking.open()
    await untilLive(page)
    await page.getByLabel('Choose run 10000 to compare').focus()
    const tab = async (times: number) => {
      for (let at = 0; at < times; at += 1) await page.keyboard.press('Tab')
    }
    await tab(120)
    // Nobody is faster than the rows; a browser that is driven may be.
    await expect.poll(() => page.getByRole('status').textContent(), { timeout: 20_000 }).not.toMatch(/^100 of/)
    await tab(120)
    const focused = () => page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex'))
    expect(Number(await focused())).toBe(122)
    await page.keyboard.press('Space')
    // What has the focus stays, however far the window is scrolled away from it.
    await page.mouse.wheel(0, 9000)
    await expect.poll(async () => (await inSight(page)).length).toBeGreaterThan(5)
    expect(await focused()).toBe('122')
    await page.context().close()

    const small = await looking.open('', { viewport: { width: 360, height: 640 } })
    await untilLive(small)
    expect(await small.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    expect(await drawn(small).count()).toBeLessThan(DRAWN_MAX)
    await small.context().close()

    const plain = await looking.open('', { javaScriptEnabled: false })
    expect(await drawn(plain).count()).toBe(100)
    await plain.getByLabel('Choose run 10000 to compare').check()
    await plain.getByLabel('Choose run 9999 to compare').check()
    await plain.getByRole('button', { name: 'Compare the ticked runs' }).click()
    expect(plain.url()).toMatch(/compare\?run=\w{32}&run=\w{32}$/)
    await plain.goBack()
    await plain.getByRole('link', { name: 'Next page' }).click()
    expect((await names(plain))[0]).toBe('run 9900')
    await plain.context().close()
  })

  test('say when more of them cannot be loaded, and load them when asked again', async ({ looking }) => {
    const page = await looking.open()
    await untilLive(page)
    let isBroken = true
    await page.route('**/rows.json*', (route) => (isBroken ? route.abort() : route.continue()))
    await expect
      .poll(async () => {
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
        return page.getByRole('status').textContent()
      })
      .toContain('More runs could not be loaded.')
    isBroken = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/of 10,001 runs/)
    await page.context().close()
  })
})
