import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { engagementPath, expectAccessible, personIn } from './portal.ts'

const ENGAGEMENT = 'Tomorrow’s temperature for load planning'

/** A criterion of this test's own, so that what is signed here is what no other test looks at. */
const NAME = `Days ahead ${String(Date.now())}`

const rowOf = (page: Page) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: new RegExp(NAME) }) })

/** Write the criterion and send it. */
async function writeAndSend(lead: Page, base: string): Promise<void> {
  await lead.goto(`${base}/criteria/new`)
  await lead.getByLabel('Name', { exact: true }).fill(NAME)
  await lead.getByLabel('Why it matters').fill('Crews are planned a day ahead.')
  await lead.getByLabel('Metric', { exact: true }).fill('mae')
  await lead.getByLabel(/^lower/).check()
  await lead.getByLabel('Baseline', { exact: true }).fill('2.2')
  await lead.getByLabel('Baseline of').fill('2026-01-10')
  await lead.getByLabel('Source of the baseline').fill('The temperature of the day before')
  await lead.getByLabel('Target', { exact: true }).fill('1.5')
  await lead.getByLabel('Evaluation dataset', { exact: true }).selectOption({ index: 1 })
  await lead.getByLabel('Protocol').fill('Measured once on days that training has not seen.')
  await lead.getByLabel('Least number of rows').fill('100')
  await lead.getByLabel(/measured value itself/).check()
  await lead.getByRole('button', { name: 'Save the draft' }).click()
  await expect(lead.getByRole('heading', { name: new RegExp(NAME), level: 1 })).toBeVisible()
  await lead.getByRole('button', { name: 'Send for signature' }).click()
  await expect(lead).toHaveURL(/sign-offs/)
}

/** The address of the sign-off that waits for its newest version. */
async function waiting(page: Page, base: string): Promise<string> {
  await page.goto(`${base}/definition`)
  return (await rowOf(page).getByRole('link', { name: 'Read what is to be signed' }).getAttribute('href')) ?? ''
}

/** Change its target and send it; the page says what is material before anything is saved. */
async function changeAndSend(lead: Page, base: string, target: string): Promise<void> {
  await lead.goto(`${base}/definition`)
  await rowOf(lead).getByRole('link', { name: 'Change' }).click()
  await lead.getByLabel('Target', { exact: true }).fill(target)
  await lead.getByRole('button', { name: 'See what changes' }).click()
  await expect(lead.getByText(/1 of 1 change is material/)).toBeVisible()
  await expect(lead.getByText(/past runs would have met this|no finished run yet/)).toBeVisible()
  await expectAccessible(lead)
  await lead.getByRole('button', { name: 'Save the draft' }).click()
  await expect(lead.getByRole('heading', { name: 'What it means' })).toBeVisible()
  await lead.getByRole('button', { name: 'Send for signature' }).click()
  await expect(lead.getByText('Awaiting signature').first()).toBeVisible()
}

test('two people sign, change and sign again while a third edits', async ({ browser }) => {
  test.setTimeout(180_000)
  const { page: lead } = await personIn(browser, 'lead')
  const { page: third } = await personIn(browser, 'scientist')
  // The signer reads and signs without JavaScript, on a phone.
  const { page: signer } = await personIn(browser, 'otherClient', {
    javaScriptEnabled: false,
    viewport: { width: 360, height: 720 },
  })
  const base = await engagementPath(lead, ENGAGEMENT)
  await writeAndSend(lead, base)

  await test.step('what was taken back while it was read cannot be signed, and the page says what took its place', async () => {
    const first = await waiting(signer, base)
    await signer.goto(first)
    await lead.goto(`${first}/void`)
    await lead.getByLabel('Reason').fill('The target was wrong.')
    await lead.getByRole('button', { name: 'Take it back' }).click()
    await expect(lead.getByText('Voided').first()).toBeVisible()
    await changeAndSend(lead, base, '1.6')
    await signer.getByLabel('Sign it as it stands').check()
    await signer.getByRole('button', { name: 'Record my decision' }).click()
    await expect(signer.getByText(/This changed while you were reading/)).toBeVisible()
    await expect(signer.getByRole('row', { name: /Target 1\.5 1\.6/ })).toBeVisible()
    await signer.getByRole('link', { name: 'Read the one that took its place' }).click()
  })

  await test.step('while the client reads, a third person cannot change it', async () => {
    await third.goto(`${base}/definition`)
    const detail = await rowOf(third).getByRole('heading').getByRole('link').getAttribute('href')
    await third.goto(`${detail ?? ''}/edit`)
    await third.getByLabel('Target', { exact: true }).fill('1.7')
    await third.getByRole('button', { name: 'See what changes' }).click()
    await third.getByRole('button', { name: 'Save the draft' }).click()
    await expect(third.getByText(/The client is reading this version now/)).toBeVisible()
  })

  await test.step('the client signs with one click after opening it', async () => {
    await signer.getByLabel('Sign it as it stands').check()
    await signer.getByRole('button', { name: 'Record my decision' }).click()
    await expect(signer.getByText('The hashes hold')).toBeVisible()
  })

  await test.step('a later version is signed anew, and the one before stays readable as superseded', async () => {
    await changeAndSend(lead, base, '1.55')
    await signer.goto(await waiting(signer, base))
    await expect(signer.getByRole('row', { name: /Target 1\.6 1\.55 Material/ })).toBeVisible()
    await signer.getByLabel('Sign it as it stands').check()
    await signer.getByRole('button', { name: 'Record my decision' }).click()
    await expect(signer.getByText('The hashes hold')).toBeVisible()
    await lead.goto(`${base}/definition`)
    await lead
      .getByRole('link', { name: new RegExp(NAME) })
      .last()
      .click()
    await expect(lead.getByRole('listitem').filter({ hasText: 'Version 2' })).toContainText('Superseded')
    await expect(lead.getByRole('listitem').filter({ hasText: 'Version 3' })).toContainText('Signed')
  })
})
