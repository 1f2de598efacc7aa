import { expect, test } from '@playwright/test'
import { engagementPath, personIn } from './portal.ts'

test('a lead sees an engagement as the client without JavaScript, changes nothing, and finds the way out', async ({
  browser,
}) => {
  const { page: lead } = await personIn(browser, 'lead', { javaScriptEnabled: false })
  const { page: client } = await personIn(browser, 'signer', { javaScriptEnabled: false })
  const base = await engagementPath(lead, 'Bird-strike damage triage')
  await lead.goto(`${base}/people`)
  await lead.getByRole('link', { name: 'Sponsor' }).first().click()
  await lead.getByRole('button', { name: 'See what they see' }).click()

  const banner = lead.getByRole('complementary', { name: 'You look at this as somebody else' })
  for (const place of ['', '/definition', '/evidence', '/models', '/scope']) {
    await lead.goto(`${base}${place}`)
    await client.goto(`${base}${place}`)
    await expect(banner).toContainText('You see this as Dana Whitfield sees it.')
    expect(await lead.locator('main h1').innerText()).toBe(await client.locator('main h1').innerText())
    expect(await lead.getByRole('navigation', { name: 'Engagement' }).innerText()).toBe(
      await client.getByRole('navigation', { name: 'Engagement' }).innerText(),
    )
  }

  await lead.goto(`${base}/scope/ask`)
  await lead.getByRole('textbox').fill('Asked by nobody')
  await lead.locator('main').getByRole('button').click()
  await expect(lead.getByText('nothing can be changed. End the view first.')).toBeVisible()
  await client.goto(`${base}/scope`)
  await expect(client.getByText('Asked by nobody')).toHaveCount(0)

  await banner.getByRole('button', { name: 'End the view' }).click()
  await expect(banner).toHaveCount(0)
  await expect(lead.getByRole('link', { name: 'Jobs' })).toBeVisible()
  await lead.goto(base)
  await expect(lead.getByText(/stopped looking at this engagement as Dana Whitfield/)).toBeVisible()
})
