import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { engagementPath, expectAccessible, personIn } from './portal.ts'

const STAFF_PAGES = [
  '', '/definition', '/problem', '/criteria/new', '/evidence', '/runs', '/runs/import', '/runs/compare', '/people/add', '/signing-rule', '/jobs', '/jobs?show=dead', '/jobs/new', '/jobs/new?recipe=next-day-temperature',
  '/models', '/datasets', '/datasets/import', '/datasets/public', '/people', '/work', '/deliverables', '/tokens', '/state',
  '/scope', '/scope/ask', '/changes/new', '/registers', '/registers/new', '/how-this-goes', '/waiver',
  '/meetings', '/meetings/new', '/calendar', '/checklist', '/schedules', '/schedules/new?recipe=next-day-temperature',
] // prettier-ignore
const CLIENT_PAGES = [
  '',
  '/definition',
  '/evidence',
  '/evidence?at=2020-01-01',
  '/runs',
  '/runs?filter=metrics.roc_auc > 0.5&column=params.algorithm&order=metrics.roc_auc DESC',
  '/runs?filter=nonsense',
  '/runs/compare',
  '/models',
  '/datasets',
  '/people',
  '/scope',
  '/scope/ask',
  '/deliverables',
  '/registers',
  '/how-this-goes',
  '/meetings',
  '/calendar',
  '/checklist',
]

/** Every link on the engagement's pages that leads to one thing: a run, a job, a model version, an endpoint, a decision. */
async function things(page: Page, base: string): Promise<string[]> {
  const found = new Set<string>()
  for (const list of [
    '',
    '/runs',
    '/runs/import',
    '/runs/compare',
    '/people/add',
    '/signing-rule',
    '/jobs',
    '/models',
    '/definition',
    '/evidence',
  ]) {
    await page.goto(`${base}${list}`)
    const hrefs = await page
      .locator(`a[href^="${base}/"]`)
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
    for (const kind of [
      'runs',
      'jobs',
      'models',
      'endpoints',
      'decisions',
      'criteria',
      'sign-offs',
      'datasets',
      'people',
    ]) {
      const one = hrefs.find((href) => new RegExp(`/${kind}/[0-9a-f-]{32,36}$`).test(href))
      if (one !== undefined) found.add(one)
    }
  }
  // What stands behind those pages.
  const behind = [...found].flatMap((path) =>
    /\/criteria\//.test(path)
      ? [`${path}/edit`, `${path}/leaderboard`, `${path}/suspend`]
      : /\/datasets\//.test(path)
        ? [`${path}/terms`, `${path}/state`]
        : /\/runs\//.test(path)
          ? [`${base}/lineage?from=run:${path.split('/').at(-1) ?? ''}`]
          : [],
  )
  return [...found, ...behind]
}

/** Pages of one thing that no list links to. */
function pagesBelow(path: string): string[] {
  if (/\/endpoints\/[^/]+$/.test(path)) return [`${path}/monitoring`, `${path}/rules`]
  return /\/models\/[^/]+$/.test(path) ? [`${path}/waiver`] : []
}

test.describe.configure({ mode: 'parallel' })

for (const { name, width, scheme } of [
  { name: 'wide and light', width: 1280, scheme: 'light' },
  { name: 'narrow and dark', width: 360, scheme: 'dark' },
] as const) {
  test(`every page of our side is accessible and fits, ${name}`, async ({ browser }) => {
    test.setTimeout(300_000)
    const { page } = await personIn(browser, 'lead', { viewport: { width, height: 800 }, colorScheme: scheme })
    const faults = watchFaults(page)
    const base = await engagementPath(page, 'Bird-strike damage triage')
    const detail = await things(page, base)
    expect(detail.map((path) => path.replace(base, '').split('/')[1]).sort()).toEqual(
      expect.arrayContaining(['criteria', 'decisions', 'endpoints', 'jobs', 'models', 'runs']),
    )
    const paths = [
      '/',
      '/engagements',
      '/engagements/new',
      '/engagements/new?template=high_risk',
      '/external-events',
      '/external-events/new',
      '/people',
      '/clients',
      '/account',
      ...STAFF_PAGES.map((path) => base + path),
      ...detail,
      ...detail.flatMap(pagesBelow),
    ]
    for (const path of paths) await expectGood(page, path)
    expect(faults).toEqual([])
  })

  test(`every page of a client and an executive is accessible and fits, ${name}`, async ({ browser }) => {
    test.setTimeout(300_000)
    const options = { viewport: { width, height: 800 }, colorScheme: scheme }
    const { page } = await personIn(browser, 'signer', options)
    const faults = watchFaults(page)
    const base = await engagementPath(page, 'Bird-strike damage triage')
    for (const path of ['/', '/engagements', '/account', ...CLIENT_PAGES.map((path) => base + path)])
      await expectGood(page, path)
    const { page: waiting } = await personIn(browser, 'otherClient', options)
    await waiting.getByRole('link', { name: 'Read and decide' }).first().click()
    await expectGood(waiting, new URL(waiting.url()).pathname)
    const { page: owner } = await personIn(browser, 'owner', options)
    for (const path of ['/portfolio', '/outbox', '/people']) await expectGood(owner, path)
    const stranger = await (await browser.newContext(options)).newPage()
    for (const path of ['/sign-in', '/forgot-password']) await expectGood(stranger, path)
    expect(faults).toEqual([])
  })
}

test('pages work by keyboard: skip link, focus in sight', async ({ browser }) => {
  const { page } = await personIn(browser, 'lead')
  await page.goto('/')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  const inMain = await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement) ?? false)
  expect(inMain).toBe(true)
})

/** Errors of the page's own scripts, and of its content security policy. */
function watchFaults(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${page.url()}: ${message.text()}`)
  })
  return faults
}

async function expectGood(page: Page, path: string): Promise<void> {
  const answer = await page.goto(path)
  expect.soft(answer?.status(), path).toBe(200)
  await expect.soft(page.getByRole('heading', { level: 1 }), path).toHaveCount(1)
  await page.waitForLoadState('networkidle')
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect.soft(overflow, `${path} is wider than the screen`).toBeLessThanOrEqual(0)
  await expectAccessible(page)
}
