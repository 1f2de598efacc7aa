import { truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { aWheel } from '../support/wheel.ts'
import { engagementPath, expectAccessible, personIn } from './portal.ts'

test('an environment is built from wheels that are brought, and a training can be started in it', async ({
  browser,
}) => {
  const { page } = await personIn(browser, 'lead')
  const base = await engagementPath(page, 'Bird-strike damage triage')
  await page.goto(`${base}/jobs`)
  await page.getByRole('link', { name: 'Environments' }).click()
  await expect(page.getByText('Only the built-in environment')).toBeVisible()
  await page.getByRole('link', { name: 'Make an environment' }).first().click()

  const { fileName, wheel } = aWheel('text_tools', 'VALUE = 1', { version: '1.0' })
  const file = (name: string) => ({ name, mimeType: 'application/zip', buffer: Buffer.from(wheel) })
  await page.getByLabel('Name').fill('text-tools')
  // More than can be sent is not even chosen, and said at once.
  const large = test.info().outputPath('large-1.0-py3-none-any.whl')
  writeFileSync(large, '')
  truncateSync(large, 25 * 1_048_576)
  // A page that has not come to life yet does not hear what is chosen.
  await expect(async () => {
    await page.getByLabel('Wheels').setInputFiles(large)
    await expect(page.getByRole('alert')).toContainText('at most 24 MB can be sent', { timeout: 2000 })
  }).toPass({ timeout: 30_000 })
  await expect(page.getByLabel('Wheels')).toHaveValue('')
  await page.getByLabel('Wheels').setInputFiles([file('numpy-2.0-cp313-cp313-manylinux_2_17_x86_64.whl')])
  await page.getByRole('button', { name: 'Build it' }).click()
  await expect(page.getByText(/holds compiled code/)).toBeVisible()
  await expect(page.getByLabel('Name')).toHaveValue('text-tools')

  // The first that the page hears is that the database is away: it asks again.
  const asked: string[] = []
  await page.route('**/live/**', (route) => {
    asked.push(route.request().url())
    return asked.length === 1 ? route.fulfill({ status: 503, body: 'One moment' }) : route.continue()
  })
  await page.getByLabel('Wheels').setInputFiles([file(fileName)])
  await page.getByRole('button', { name: 'Build it' }).click()
  await expect(page.getByRole('heading', { name: 'text-tools v1' })).toBeVisible()
  // The log comes by itself, and the page says so when the build has ended.
  await expect(page.getByRole('log')).toContainText('Every module can be imported.', { timeout: 60_000 })
  await expect(page.getByText('Ready', { exact: true })).toBeVisible({ timeout: 60_000 })
  expect(asked.length).toBeGreaterThan(1)
  await expectAccessible(page, 'a version')

  await page.getByRole('link', { name: 'Make the next version' }).click()
  await expect(page.getByLabel('text-tools 1.0')).toBeChecked()
  await expectAccessible(page, 'the next version')
  await page.getByRole('button', { name: 'Build it' }).click()
  await expect(page.getByText(/Nothing would change/).first()).toBeVisible()

  await page.goto(`${base}/jobs/new?recipe=next-day-temperature`)
  await expect(page.getByLabel('Environment').getByRole('option')).toHaveCount(2)
})
