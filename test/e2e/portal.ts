import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, BrowserContext, Page, Request } from '@playwright/test'
import { expect } from '@playwright/test'
import axe from 'axe-core'

interface Demo {
  readonly signIns: readonly { readonly email: string; readonly password: string }[]
  readonly tracking: { readonly url: string; readonly token: string }
}

/** The sign-ins of the portal under test, as its own start wrote them down. */
export function readDemo(): Demo {
  const folder = process.env.TEST_DATA_DIR ?? '.test/portal'
  return JSON.parse(readFileSync(path.resolve(folder, 'demo.json'), 'utf8'))
}

export const PEOPLE = {
  owner: 'ines@larkspur.example',
  lead: 'mara@larkspur.example',
  scientist: 'tomas@larkspur.example',
  signer: 'dana@meridian.example',
  otherClient: 'wei@pugetgrid.example',
} as const

/** A browser of one person's own, signed in. */
export async function personIn(
  browser: Browser,
  who: keyof typeof PEOPLE,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const email = PEOPLE[who]
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(readDemo().signIns.find((one) => one.email === email)?.password ?? '')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).not.toHaveURL(/sign-in/)
  return { context, page }
}

/** The address of the demonstration's engagement with this name, without a slash at its end. */
export async function engagementPath(page: Page, name: string): Promise<string> {
  await page.goto('/engagements')
  const href = await page.getByRole('link', { name, exact: true }).getAttribute('href')
  return href ?? ''
}

/**
 * Call it before the page is opened. What it returns waits until React has taken the page over, everything that the page
 * asked for has arrived, the parts that it loads later included, and what came of that is drawn.
 */
export function watchSettling(page: Page): () => Promise<void> {
  const pending = new Set<Request>()
  let asked = 0
  const start = (request: Request) => {
    pending.add(request)
    asked += 1
  }
  const end = (request: Request) => pending.delete(request)
  page.on('request', start).on('requestfinished', end).on('requestfailed', end)
  return async () => {
    await page.waitForFunction(() => Object.keys(document.body).some((key) => key.startsWith('__reactFiber')))
    for (let before = -1; before !== asked || pending.size > 0;) {
      before = asked
      await page.evaluate(
        () =>
          new Promise<void>((drawn) => {
            requestAnimationFrame(() => requestIdleCallback(() => requestAnimationFrame(() => drawn())))
          }),
      )
    }
    page.off('request', start).off('requestfinished', end).off('requestfailed', end)
  }
}

declare global {
  interface Window {
    axe: typeof axe
  }
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** For many pages: the checker comes with each of them from its start, and the browser compiles it only once. */
export async function bringChecker(context: BrowserContext): Promise<void> {
  await context.addInitScript({ content: axe.source })
}

/** No violation of WCAG 2.2 AA that axe can see. */
export async function expectAccessible(page: Page, look = ''): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const said = await page.evaluate(async (values) => {
    const { violations } = await window.axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  }, RULES)
  expect.soft(said, `${page.url()} ${look}`).toEqual([])
}
