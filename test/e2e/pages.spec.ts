import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { engagementPath, expectAccessible, personIn } from './portal.ts'

const STAFF_PAGES = [
  '', '/definition', '/problem', '/problem/versions', '/handover', '/handover/draft', '/criteria/new', '/evidence', '/runs', '/runs/import', '/runs/compare', '/people/add', '/signing-rule', '/jobs', '/jobs?show=dead', '/jobs/new', '/jobs/new?recipe=next-day-temperature',
  '/models', '/datasets', '/datasets/import', '/datasets/public', '/datasets/limit', '/people', '/work', '/deliverables', '/tokens', '/state',
  '/scope', '/scope/ask', '/changes/new', '/registers', '/registers/new', '/how-this-goes', '/waiver',
  '/meetings', '/meetings/new', '/calendar', '/checklist', '/schedules', '/schedules/new?recipe=next-day-temperature',
] // prettier-ignore
const CLIENT_PAGES = [
  '',
  '/definition',
  '/problem/versions',
  '/handover',
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
          ? [`${base}/lineage?from=run:${path.split('/').at(-1) ?? ''}`, `${path}/notes`]
          : [],
  )
  return [...found, ...behind]
}

/** Pages of one thing that no list links to. */
function pagesBelow(path: string): string[] {
  if (/\/endpoints\/[^/]+$/.test(path))
    return [`${path}/monitoring`, `${path}/rules`, `${path}/answers`, `${path}/answers/one`, `${path}/developers`]
  return /\/models\/[^/]+$/.test(path) ? [`${path}/waiver`, `${path}/card`] : []
}

test.describe.configure({ mode: 'parallel' })

const DEMO = 'Bird-strike damage triage'

test('every page of our side by its list is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page } = await personIn(browser, 'lead')
  const faults = watchFaults(page)
  const base = await engagementPath(page, DEMO)
  const firm = [
    '/',
    '/engagements',
    '/engagements/new',
    '/engagements/new?template=high_risk',
    '/external-events',
    '/external-events/new',
    '/people',
    '/clients',
    '/account',
  ]
  for (const path of [...firm, ...STAFF_PAGES.map((path) => base + path)]) await expectGood(page, path)
  expect(faults).toEqual([])
})

test('every page of one thing is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page } = await personIn(browser, 'lead')
  const faults = watchFaults(page)
  const base = await engagementPath(page, DEMO)
  const detail = await things(page, base)
  expect(detail.map((path) => path.replace(base, '').split('/')[1]).sort()).toEqual(
    expect.arrayContaining(['criteria', 'decisions', 'endpoints', 'jobs', 'models', 'runs']),
  )
  for (const path of [...detail, ...detail.flatMap(pagesBelow)]) await expectGood(page, path)
  expect(faults).toEqual([])
})

test('every page of a client, an executive and a stranger is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page } = await personIn(browser, 'signer')
  const faults = watchFaults(page)
  const base = await engagementPath(page, DEMO)
  for (const path of ['/', '/engagements', '/account', '/glossary', ...CLIENT_PAGES.map((path) => base + path)])
    await expectGood(page, path)
  const { page: waiting } = await personIn(browser, 'otherClient')
  const asked = waiting.getByRole('listitem').filter({ hasText: /^C2 / })
  await asked.getByRole('link', { name: 'Read and decide' }).click()
  await expect(waiting.getByRole('button', { name: 'Record my decision' })).toBeVisible()
  await expectGood(waiting, new URL(waiting.url()).pathname)
  const { page: owner } = await personIn(browser, 'owner')
  for (const path of ['/portfolio', '/outbox', '/people']) await expectGood(owner, path)
  const stranger = await (await browser.newContext()).newPage()
  for (const path of ['/sign-in', '/forgot-password']) await expectGood(stranger, path)
  expect(faults).toEqual([])
})

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

/** How people look at a page. */
const LOOKS = [
  { name: 'wide and light', width: 1280, scheme: 'light' },
  { name: 'narrow and dark', width: 360, scheme: 'dark' },
] as const

async function expectGood(page: Page, path: string): Promise<void> {
  const answer = await page.goto(path)
  expect.soft(answer?.status(), path).toBe(200)
  await expect.soft(page.getByRole('heading', { level: 1 }), path).toHaveCount(1)
  await page.waitForLoadState('networkidle')
  for (const { name, width, scheme } of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme: scheme })
    // Charts take a moment to follow the new width.
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), {
        message: `${path}, ${name}, is wider than the screen`,
        timeout: 3000,
      })
      .toBeLessThanOrEqual(0)
    await expectAccessible(page, name)
  }
}
