import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { engagementPath, expectAccessible, personIn } from './portal.ts'

const NAME = 'Bird-strike damage triage'

/** The training strikes, and one more that happened since. */
function freshStrikes(): string {
  const csv = new TextDecoder().decode(demoDatasets().find(({ name }) => name === 'birdstrikes-train')?.csv)
  const lines = csv.trimEnd().split('\n')
  return `${[...lines, lines[1] ?? ''].join('\n')}\n`
}

async function importVersion(page: Page, base: string, csv: string): Promise<void> {
  await page.goto(`${base}/datasets/import`)
  await page.getByLabel('Name', { exact: true }).fill('birdstrikes-train')
  await page.getByLabel('Where it comes from').fill('This year’s reports')
  await page.getByLabel('Licence or legal basis').fill('Public domain')
  await page.getByLabel('File').setInputFiles({ name: 'strikes.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
  await page.getByRole('button', { name: 'Import' }).click()
  await expect(page.getByRole('heading', { name: 'On which data?' })).toBeVisible()
}

/** The page of the endpoint that is live. */
async function endpointOf(page: Page, base: string): Promise<string> {
  await page.goto(`${base}/models`)
  await page
    .getByRole('link', { name: /^bird-strike-damage-[0-9a-f]{6}$/ })
    .first()
    .click()
  await expect(page).toHaveURL(/endpoints/)
  return new URL(page.url()).pathname
}

test('what is live is retrained with fresh data, compared, approved by a person and live', async ({ browser }) => {
  test.setTimeout(240_000)
  const { page: lead } = await personIn(browser, 'lead')
  const { page: client } = await personIn(browser, 'signer')
  const base = await engagementPath(lead, NAME)
  const endpoint = await endpointOf(lead, base)
  let retraining = ''

  await test.step('data that does not fit is refused before anything is trained, with the column named', async () => {
    await importVersion(lead, base, freshStrikes().replaceAll('wildlife_size', 'size'))
    await lead.goto(endpoint)
    await lead.getByRole('button', { name: 'Retrain with the newest data' }).click()
    await expect(lead).toHaveURL(/retrainings/)
    await expect(lead.getByText('Refused', { exact: true }).first()).toBeVisible({ timeout: 30_000 })
    await expect(lead.getByText(/has no column wildlife_size, which the live model asks for/).first()).toBeVisible()
    await expectAccessible(lead)
  })

  await test.step('fresh data is trained on and judged; the page follows', async () => {
    await importVersion(lead, base, freshStrikes())
    await lead.goto(endpoint)
    await lead.getByRole('button', { name: 'Retrain with the newest data' }).click()
    await expect(lead).toHaveURL(/retrainings/)
    retraining = new URL(lead.url()).pathname
    await expect(lead.getByText('Awaiting approval').first()).toBeVisible({ timeout: 180_000 })
    await expect(lead.getByText('No different within noise').first()).toBeVisible()
    await expectAccessible(lead)
  })

  await test.step('it waits among the lead’s tasks; the client reads it and is not asked yet', async () => {
    await lead.goto('/')
    await expect(lead.getByRole('link', { name: /Does the retrained model of bird-strike-damage/ })).toBeVisible()
    await client.goto(retraining)
    await expect(client.getByText('Live beside candidate')).toBeVisible()
    await expect(client.getByText(/The engagement lead decides/)).toBeVisible()
    await expect(client.getByRole('button', { name: 'Record my decision' })).toHaveCount(0)
  })

  await test.step('a decision says what is wrong beside its field', async () => {
    await lead.goto(retraining)
    await lead.getByLabel('What is live stays').check()
    await lead.getByRole('button', { name: 'Record my decision' }).click()
    await expect(lead.getByText('Say why it does not go live.')).toBeVisible()
  })

  await test.step('approved once, it goes through the gate and is live', async () => {
    await lead.getByLabel('The candidate goes live').check()
    await lead.getByLabel('Reason').fill('One more year of strikes.')
    await lead.getByRole('button', { name: 'Record my decision' }).click()
    await expect(lead.getByText('It is live.').first()).toBeVisible({ timeout: 60_000 })
    await expect(lead.getByText(/approved it\. Of \d signed criteria/).first()).toBeVisible()
    await expect(lead.getByRole('heading', { name: 'What was decided on' })).toBeVisible()
    await lead.goto(endpoint)
    await expect(lead.getByText('A model is live at this address.')).toBeVisible()
    await expectAccessible(lead)
  })
})

test('a model is lent to another client’s engagement with consent, and taken back', async ({ browser }) => {
  const { page: lead } = await personIn(browser, 'lead')
  const { page: client } = await personIn(browser, 'signer')
  const { page: other } = await personIn(browser, 'otherClient')
  const base = await engagementPath(lead, NAME)
  const endpoint = await endpointOf(lead, base)
  const theirs = await other.goto('/').then(() => other.getByRole('heading', { level: 3 }).getByRole('link').first())
  const theirBase = (await theirs.getAttribute('href')) ?? ''
  const { page: owner } = await personIn(browser, 'owner')
  await owner.goto(theirBase)
  const code = /\b[A-Z]{2,5}-\d+\b/.exec(await owner.locator('body').innerText())?.[0] ?? ''
  let grant = ''

  await test.step('the lead lends it by the code of the other engagement', async () => {
    await lead.goto(`${endpoint}/grants`)
    await expect(lead.getByText(/The name of the model, “.+”, and of its endpoint, “bird-strike-damage-/)).toBeVisible()
    await lead.getByRole('button', { name: 'Lend it' }).click()
    await expect(
      lead.getByText('The last day is needed.').or(lead.getByText('The last day is not a date.')),
    ).toBeVisible()
    await lead.getByLabel('Code of the engagement that borrows').fill(code)
    await lead.getByLabel('Who borrows, in words').fill('A utility in the north-west')
    await lead.getByLabel('What for').fill('To compare their own reports.')
    await lead.getByLabel('Last day').fill(new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10))
    await expectAccessible(lead)
    await lead.getByRole('button', { name: 'Lend it' }).click()
    await expect(lead.getByText('Awaiting consent').first()).toBeVisible()
    grant = new URL(lead.url()).pathname
    await other.goto(`${theirBase}/models`)
    await expect(other.getByText('Borrowed from other engagements')).toHaveCount(0)
  })

  await test.step('the owning client agrees', async () => {
    await client.goto('/')
    await client
      .getByRole('listitem')
      .filter({ hasText: 'be used elsewhere?' })
      .getByRole('link', { name: 'Read and answer' })
      .click()
    await expectAccessible(client)
    await client.getByLabel('It may be used so').check()
    await client.getByRole('button', { name: 'Record my decision' }).click()
    await expect(client.getByText('In force').first()).toBeVisible()
  })

  await test.step('the other client sees it as borrowed, and nothing else of its owner', async () => {
    await other.goto(`${theirBase}/models`)
    await other.getByRole('link', { name: /^bird-strike-damage-/ }).click()
    await expect(other.getByText('In force').first()).toBeVisible()
    await expectAccessible(other)
    expect(await other.locator('body').innerText()).not.toMatch(/Meridian|Mara/)
    for (const path of [endpoint, grant, `${endpoint}/monitoring`]) {
      const answer = await other.goto(path)
      expect(answer?.status(), path).toBe(404)
    }
  })

  await test.step('it is taken back at once', async () => {
    await client.goto(grant)
    await client.getByRole('link', { name: 'Take it back' }).click()
    await client.getByLabel('Reason').fill('The trial is over.')
    await client.getByRole('button', { name: 'Take it back' }).click()
    await expect(client.getByText('Revoked').first()).toBeVisible()
    await other.goto(`${theirBase}/models`)
    await expect(other.getByText('Revoked').first()).toBeVisible()
  })
})
