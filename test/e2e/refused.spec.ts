import { expect, test } from '@playwright/test'
import { engagementPath, personIn } from './portal.ts'

// A form whose address has no page of its own to open: what is wrong with it stands there all the same.
for (const javaScriptEnabled of [true, false]) {
  test(`a form that is refused at the address of its verb says why, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({
    browser,
  }) => {
    const { page } = await personIn(browser, 'lead', { javaScriptEnabled })
    const base = await engagementPath(page, 'Bird-strike damage triage')
    await page.goto(`${base}/meetings/new`)
    await page.getByLabel('Title').fill(`Steering ${javaScriptEnabled ? 'with' : 'without'} scripts`)
    await page.getByRole('button', { name: 'Plan it and tell them' }).click()
    await page.waitForURL(/\/meetings\/[0-9a-f-]{36}$/)
    const meeting = page.url()

    await page.getByRole('button', { name: 'Put it on the agenda' }).click()
    await expect(page.getByRole('alert')).toContainText('One field needs another look.')
    await page.getByLabel('The point').fill('Costs of a missed strike')
    await page.getByRole('button', { name: 'Put it on the agenda' }).click()
    await expect(page).toHaveURL(meeting)
    await expect(page.getByRole('heading', { name: /Costs of a missed strike/ })).toBeVisible()

    // Opening the verb's address does nothing but lead back.
    await page.goto(`${meeting}/points`)
    await expect(page).toHaveURL(meeting)
  })
}
