import type { Browser, Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { bringChecker, engagementPath, expectAccessible, personIn, watchSettling } from './portal.ts'

const STAFF_PAGES = [
  '', '/definition', '/problem', '/problem/versions', '/handover', '/handover/draft', '/criteria/new', '/evidence', '/runs', '/runs/import', '/runs/compare', '/people/add', '/signing-rule', '/jobs', '/jobs?show=dead', '/jobs/new', '/jobs/new?recipe=next-day-temperature',
  '/models', '/datasets', '/datasets/import', '/datasets/public', '/datasets/limit', '/people', '/work', '/deliverables', '/tokens', '/state',
  '/scope', '/scope/ask', '/meetings', '/meetings/new', '/calendar', '/checklist', '/changes/new', '/registers', '/registers/new', '/how-this-goes', '/waiver',
  '/schedules', '/schedules/new?recipe=next-day-temperature', '/environments', '/environments/new',
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
  '/meetings',
  '/calendar',
  '/checklist',
  '/registers',
  '/how-this-goes',
]

/** Lists that lead to one thing each, and the things: the segment of the path before its id. */
const LISTS = ['', '/runs', '/jobs', '/models', '/definition', '/evidence', '/datasets', '/people', '/work', '/deliverables', '/scope', '/meetings', '/registers', '/checklist', '/handover'] // prettier-ignore
const KINDS = ['runs', 'jobs', 'models', 'endpoints', 'decisions', 'criteria', 'datasets', 'people', 'work', 'deliverables', 'changes', 'meetings', 'external-events', 'flags', 'registers'] // prettier-ignore

/** Pages of one thing, by its kind, that stand behind its own. */
const BEHIND: Readonly<Record<string, readonly string[]>> = {
  criteria: ['edit', 'leaderboard', 'suspend', 'gate', 'report'],
  datasets: ['terms', 'state'],
  runs: ['notes'],
  people: ['delegate', 'vacate', 'require', 'raci'],
  deliverables: ['submit', 'withdraw'],
  changes: ['withdraw'],
  models: ['waiver', 'card'],
  endpoints: ['monitoring', 'rules', 'answers', 'answers/one', 'developers', 'grants', 'retrainings/schedule'],
  meetings: ['edit', 'cancel'],
}

/** One link of each kind on the engagement's lists, and what stands behind it. */
async function things(page: Page, base: string): Promise<string[]> {
  const found = new Map<string, string>()
  for (const list of LISTS) {
    await page.goto(`${base}${list}`)
    for (const kind of KINDS) {
      const one = (await hrefsOf(page, base)).find((href) =>
        new RegExp(`/${kind}/[0-9a-f-]{32,36}(/settle)?$`).test(href),
      )
      if (one !== undefined && !found.has(kind)) found.set(kind, one)
    }
  }
  const behind = [...found].flatMap(([kind, path]) => (BEHIND[kind] ?? []).map((page) => `${path}/${page}`))
  const run = found.get('runs')?.split('/').at(-1) ?? ''
  return [...found.values(), ...behind, `${base}/lineage?from=run:${run}`]
}

function hrefsOf(page: Page, base: string): Promise<string[]> {
  return page
    .locator(`a[href^="${base}/"]`)
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
}

/** What the demonstration lacks: a meeting with a point, an external event with the change that it drafts and its flag. */
async function addWhatLacks(page: Page, base: string): Promise<string[]> {
  await page.goto(`${base}/meetings/new`)
  await page.getByLabel('Title').fill('Steering')
  await page.getByRole('button', { name: 'Plan it and tell them' }).click()
  await page.waitForURL(/\/meetings\/[0-9a-f-]{36}$/)
  await page.getByLabel('A point of your own').fill('What a missed strike costs')
  await page.getByRole('button', { name: 'Put it on the agenda' }).click()
  // What is open stands on the agenda before it.
  const own = page.getByRole('listitem').filter({ hasText: 'What a missed strike costs' })
  const point = (await own.getByRole('link', { name: /Write minutes/ }).getAttribute('href')) ?? ''
  await page.goto('/external-events/new')
  await page.getByLabel('Title').fill('Reports are kept for two years')
  await page.getByLabel('What changed').fill('Reports of strikes may be kept for two years.')
  await page.getByLabel('Source').fill('A rule made for this test')
  await page.getByLabel('In force from').fill('2030-01-01')
  await page.getByText('Single datasets and criteria').click()
  await page
    .getByRole('group', { name: DEMO })
    .getByRole('checkbox', { name: /holdout/ })
    .check()
  await page.getByRole('button', { name: 'See what it touches' }).click()
  await page.getByRole('button', { name: 'Issue it' }).click()
  await page.waitForURL(/\/external-events$/)
  await page.goto(`${base}/checklist`)
  await page.getByLabel('What has to be done').fill('Say who reads the alerts')
  await page.getByRole('button', { name: 'Add it' }).click()
  const off = page.getByRole('link', { name: /Switch off/ }).first()
  const offPath = (await off.getAttribute('href')) ?? ''
  // What waits for a signature anywhere stands on the first screen.
  await page.goto('/')
  const asked = (await page.locator('a[href*="/sign-offs/"]').first().getAttribute('href')) ?? ''
  const signing = ['', '/feedback', '/void'].map((behind) => asked + behind)
  signing.push(asked.replace('/sign-offs/', '/comments/sign_off/'))
  return [point, `${point}/outcome`, offPath, ...signing]
}

test.describe.configure({ mode: 'parallel' })

const DEMO = 'Bird-strike damage triage'

test('every page of our side by its list is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page, faults } = await lookingAs(browser, 'lead')
  const base = await engagementPath(page, DEMO)
  const firm = ['/', '/engagements', '/engagements/new', '/engagements/new?template=high_risk', '/people', '/clients', '/account', '/glossary', '/external-events', '/external-events/new'] // prettier-ignore
  for (const path of [...firm, ...STAFF_PAGES.map((path) => base + path)]) await expectGood(page, path)
  expect(faults).toEqual([])
})

test('every page of one thing is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page, faults } = await lookingAs(browser, 'lead')
  const base = await engagementPath(page, DEMO)
  const added = await addWhatLacks(page, base)
  const detail = await things(page, base)
  expect(detail.map((path) => path.replace(base, '').split('/')[1])).toEqual(expect.arrayContaining(KINDS))
  for (const path of [...added, ...detail]) await expectGood(page, path)
  expect(faults).toEqual([])
})

test('every page of a client, an executive and a stranger is accessible and fits', async ({ browser }) => {
  test.setTimeout(300_000)
  const { page, faults } = await lookingAs(browser, 'signer')
  const base = await engagementPath(page, DEMO)
  for (const path of ['/', '/engagements', '/account', '/glossary', ...CLIENT_PAGES.map((path) => base + path)])
    await expectGood(page, path)
  const { page: waiting, faults: faultsOfTheirs } = await lookingAs(browser, 'otherClient')
  const asked = waiting.getByRole('listitem').filter({ hasText: /^C2 / })
  await asked.getByRole('link', { name: 'Read and decide' }).click()
  await expect(waiting.getByRole('button', { name: 'Record my decision' })).toBeVisible()
  await expectGood(waiting, new URL(waiting.url()).pathname)
  const { page: owner, faults: faultsOfTheOwner } = await lookingAs(browser, 'owner')
  for (const path of ['/portfolio', '/outbox', '/people']) await expectGood(owner, path)
  const stranger = await (await browser.newContext()).newPage()
  for (const path of ['/sign-in', '/forgot-password']) await expectGood(stranger, path)
  expect([...faults, ...faultsOfTheirs, ...faultsOfTheOwner]).toEqual([])
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

test('each thing of a lineage leads to its own page, for our side and for the client', async ({ browser }) => {
  for (const who of ['lead', 'signer'] as const) {
    const { page } = await personIn(browser, who)
    const base = await engagementPath(page, DEMO)
    await page.goto(`${base}/models`)
    const version = (await hrefsOf(page, base)).find((href) => /\/models\/[0-9a-f-]{36}$/.test(href)) ?? ''
    await page.goto(`${base}/lineage?from=model_version:${version.split('/').at(-1) ?? ''}`)
    await expect(page.locator(`main a[href="${version}"]`)).toHaveText(/^Open /)
    const pages = await page
      .getByRole('main')
      .getByRole('listitem')
      .locator('a:first-child')
      .evaluateAll((links) =>
        links.map((link) => link.getAttribute('href') ?? '').filter((to) => !to.includes('from=')),
      )
    for (const kind of ['runs', 'datasets', 'criteria', 'decisions', 'endpoints'])
      expect(pages.filter((to) => to.startsWith(`${base}/${kind}/`)).length, `${who}: ${kind}`).toBeGreaterThan(0)
    for (const to of new Set(pages)) expect((await page.request.get(to)).status(), to).toBe(200)
  }
})

/** One of the demonstration's people, ready to look at page after page, and the faults of the pages so far. */
async function lookingAs(
  browser: Browser,
  who: Parameters<typeof personIn>[1],
): Promise<{ page: Page; faults: string[] }> {
  const { context, page } = await personIn(browser, who)
  await bringChecker(context)
  return { page, faults: watchFaults(page) }
}

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

const softly = expect.configure({ soft: true })

async function expectGood(page: Page, path: string): Promise<void> {
  const settled = watchSettling(page)
  const answer = await page.goto(path)
  expect.soft(answer?.status(), path).toBe(200)
  await expect.soft(page.getByRole('heading', { level: 1 }), path).toHaveCount(1)
  await settled()
  for (const { name, width, scheme } of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme: scheme })
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    // A chart follows the width of its place a frame later.
    await softly
      .poll(overflow, { message: `${path}, ${name}, is wider than the screen`, timeout: 3000 })
      .toBeLessThanOrEqual(0)
    await expectAccessible(page, name)
  }
}
