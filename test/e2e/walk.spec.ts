import type { Browser, Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { expectAccessible, personIn, readDemo } from './portal.ts'

/** The whole thread in one walk: agreed, signed, trained, judged, deployed, answered for. */
test('from a signed criterion to a live model judged against it', async ({ browser, baseURL, request }) => {
  test.setTimeout(240_000)
  const { page: lead } = await personIn(browser, 'lead')
  const { page: owner } = await personIn(browser, 'owner')
  const client = `Walk Airways ${String(Date.now())}`
  const signerEmail = `pat-${String(Date.now())}@walk.example`
  let engagement = ''
  let endpoint = ''

  await test.step('a lead opens an engagement for a new client', async () => {
    await lead.goto('/clients')
    await lead.getByLabel('Name of the organisation').fill(client)
    await lead.getByRole('button', { name: 'Add the client' }).click()
    await expect(lead).toHaveURL(/engagements\/new/)
    await lead.getByLabel('Name of the engagement').fill('Strike triage, walked')
    await lead.getByRole('button', { name: 'Open the engagement' }).click()
    await expect(lead.getByText('The problem in plain words is needed.')).toBeVisible()
    await expect(lead.getByLabel('Name of the engagement')).toHaveValue('Strike triage, walked')
    await lead.getByLabel('The problem, in plain words').fill('Inspect the damaged aircraft first.')
    await lead.getByLabel('The decision it supports').fill('The order of inspection.')
    await lead.getByLabel('In scope').fill('Reported strikes')
    await lead.getByRole('button', { name: 'Open the engagement' }).click()
    await expect(lead.getByRole('heading', { name: 'What was agreed?' })).toBeVisible()
    engagement = new URL(lead.url()).pathname.replace(/\/definition$/, '')
  })

  await test.step('the client’s accountable person is invited, and joins by the link of the mail', async () => {
    await lead.goto(`${engagement}/people`)
    await lead.getByLabel('Name', { exact: true }).fill('Pat Signer')
    await lead.getByLabel('E-mail address').fill(signerEmail)
    await lead.getByRole('button', { name: 'Invite' }).click()
    await expect(lead.getByRole('cell', { name: 'Pat Signer' })).toBeVisible()
  })

  const signer = await joinByMail(owner, browser, signerEmail)

  await test.step('data comes in: public sets, and a file of our own', async () => {
    for (const name of [/birdstrikes-train/, /birdstrikes-holdout/]) {
      await lead.goto(`${engagement}/datasets/public`)
      await lead.getByLabel(name).check()
      await lead.getByRole('button', { name: 'Bring it in' }).click()
      await expect(lead.getByRole('heading', { name: 'On which data?' })).toBeVisible()
    }
    await lead.goto(`${engagement}/datasets/import`)
    await lead.getByLabel('Name', { exact: true }).fill('tiny')
    await lead.getByLabel('Where it comes from').fill('Written for this walk')
    await lead.getByLabel('Licence or legal basis').fill('None needed')
    await lead.getByLabel(/Column of 0 and 1/).fill('hit')
    const file = (text: string) => ({ name: 'tiny.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await lead.getByLabel('File').setInputFiles(file('a,hit\n1,1\n2,maybe\n'))
    await lead.getByRole('button', { name: 'Import' }).click()
    await expect(lead.getByText('Line 3: the column hit holds something other than 0 and 1.')).toBeVisible()
    await lead.getByLabel('File').setInputFiles(file('a,hit\n1,1\n2,0\n3,0\n'))
    await lead.getByRole('button', { name: 'Import' }).click()
    const row = lead.getByRole('row', { name: /tiny/ })
    await expect(row.getByRole('cell').nth(1)).toHaveText('3')
    await expect(row.getByRole('cell').nth(2)).toHaveText('1')
  })

  await test.step('the lead writes a criterion and sends the definition for signature', async () => {
    await lead.goto(`${engagement}/criteria/new`)
    await lead.getByLabel('Name', { exact: true }).fill('Rank damage first')
    await lead.getByLabel('Why it matters').fill('Inspections cost hours.')
    await lead.getByLabel('Metric', { exact: true }).fill('roc_auc')
    await lead.getByLabel('higher', { exact: true }).check()
    await lead.getByLabel('Baseline', { exact: true }).fill('0.61')
    await lead.getByLabel('Baseline of').fill('2026-01-10')
    await lead.getByLabel('Source of the baseline').fill('Order by size')
    await lead.getByLabel('Target', { exact: true }).fill('0.70')
    await lead
      .getByLabel('Evaluation dataset', { exact: true })
      .selectOption({ label: await optionLike(lead, /birdstrikes-holdout/) })
    await lead.getByLabel('Protocol').fill('Learned before 1998, measured once on 1998 and 1999.')
    await lead.getByLabel('Least number of rows').fill('1000')
    await lead.getByLabel(/measured value itself/).check()
    await lead.getByRole('button', { name: 'Save the draft' }).click()
    await expect(lead.getByRole('heading', { name: /C1 Rank damage first/ })).toBeVisible()
    await lead.getByRole('button', { name: 'Send for signature' }).click()
    await expect(lead).toHaveURL(/sign-offs/)
    await lead.goto(`${engagement}/definition`)
    await lead.getByRole('button', { name: 'Send for signature' }).click()
    await expect(lead).toHaveURL(/sign-offs/)
  })

  await test.step('the client reads exactly what is to be signed, and signs, without JavaScript', async () => {
    await signer.goto('/')
    await expect(signer.getByText('3 answers wait for your organisation.')).toBeVisible()
    await signer.getByRole('link', { name: 'Read and answer' }).click()
    await signer.getByRole('button', { name: 'Accept the seat' }).click()
    await signer.goto('/')
    await expect(signer.getByText('2 answers wait for your organisation.')).toBeVisible()
    for (const title of [/C1 Rank damage first, version 1/, /Problem statement, version 1/]) await sign(signer, title)
    await signer.goto('/')
    await expect(signer.getByText('Nothing right now.')).toBeVisible()
  })

  await test.step('a changed target is version 2 and asks for a new signature; the first stays readable', async () => {
    await lead.goto(`${engagement}/definition`)
    await lead
      .getByRole('link', { name: /C1 Rank damage first/ })
      .first()
      .click()
    await expect(lead.getByRole('heading', { name: /C1 Rank damage first/, level: 1 })).toBeVisible()
    await lead.getByRole('link', { name: 'Change', exact: true }).click()
    await lead.getByLabel('Target', { exact: true }).fill('0.75')
    await lead.getByRole('button', { name: 'See what changes' }).click()
    await expect(lead.getByText(/Material/).first()).toBeVisible()
    await lead.getByRole('button', { name: /^Save/ }).click()
    await lead.getByRole('button', { name: 'Send for signature' }).click()
    await expect(lead).toHaveURL(/sign-offs/)
    await sign(signer, /C1 Rank damage first, version 2/)
    await signer.goto(`${engagement}/definition`)
    await signer
      .getByRole('link', { name: /C1 Rank damage first/ })
      .first()
      .click()
    await signer.getByRole('link', { name: 'Version 1' }).click()
    await expect(signer.getByText('Superseded').first()).toBeVisible()
    await expect(signer.getByText('at least 0.7', { exact: false }).first()).toBeVisible()
  })

  await test.step('a worker trains in a cage; the page follows until it succeeds', async () => {
    await lead.goto(`${engagement}/jobs/new?recipe=bird-strike-damage`)
    await lead.getByLabel('Name of the run').fill('Walked boosting')
    await lead.getByLabel('Training strikes').selectOption({ label: await optionLike(lead, /birdstrikes-train/) })
    await lead.getByLabel('Test strikes').selectOption({ label: await optionLike(lead, /birdstrikes-holdout/) })
    await lead.getByLabel('Iterations').fill('40')
    await lead.getByRole('button', { name: 'Start the job' }).click()
    await expect(lead.getByText('Succeeded').first()).toBeVisible({ timeout: 120_000 })
    await expect(lead.getByLabel('Log')).toContainText('ROC AUC on birdstrikes-holdout')
  })

  await test.step('the finished run is judged, its model registered and deployed with one click', async () => {
    await lead.goto(`${engagement}/runs`)
    await expect(lead.getByRole('row', { name: /Walked boosting/ }).getByText(/^Met/)).toBeVisible()
    await lead.getByRole('link', { name: 'Walked boosting' }).click()
    await lead.getByLabel('Register its model as').fill('walked')
    await lead.getByRole('button', { name: 'Register' }).click()
    await expect(lead.getByText('Every condition for going live is met.')).toBeVisible()
    await lead.getByRole('button', { name: 'Deploy' }).click()
    await expect(lead).toHaveURL(/endpoints/)
    endpoint = new URL(lead.url()).pathname
    await expect(lead.getByText('Live', { exact: true }).first()).toBeVisible({ timeout: 30_000 })
  })

  await test.step('the endpoint answers real predictions to the holder of a token', async () => {
    const slug = /walked-[0-9a-f]{6}/.exec(await lead.content())?.[0] ?? ''
    await lead.goto(`${engagement}/tokens`)
    await lead.getByLabel('What it is for').fill('The walk')
    await lead.getByLabel('It may').selectOption('predict')
    await lead.getByRole('button', { name: 'Make the token' }).click()
    const token = await lead
      .getByText(/^thr_[a-z0-9]+$/)
      .first()
      .textContent()
    const row = {
      month: 6, speed_knots: 140, phase_of_flight: 'Approach', time_of_day: 'Day', operator: 'DELTA AIR LINES',
      aircraft: 'B-727-200', origin_state: 'Texas', wildlife_size: 'Large', wildlife_species: 'Gull',
    } // prettier-ignore
    const ask = (authorization: string) =>
      request.post(`${baseURL ?? ''}/endpoints/${slug}/invocations`, {
        headers: { authorization, 'content-type': 'application/json' },
        data: { dataframe_records: [row, { ...row, wildlife_size: 'Small' }] },
      })
    expect((await ask('Bearer thr_wrong')).status()).toBe(401)
    const answer = await ask(`Bearer ${token ?? ''}`)
    expect(answer.status()).toBe(200)
    const { predictions } = (await answer.json()) as { predictions: number[] }
    expect(predictions).toHaveLength(2)
    expect(predictions[0]).toBeGreaterThan(predictions[1] ?? 1)
  })

  await test.step('the client asks it about one case by hand, and says what turned out to be true', async () => {
    await signer.goto(`${endpoint}/answers`)
    await signer.getByRole('link', { name: 'Ask about one case' }).click()
    await signer.getByRole('button', { name: 'Ask' }).click()
    await expect(signer.getByText('This is needed.').first()).toBeVisible()
    for (const list of await signer.locator('main select').all()) await list.selectOption({ index: 1 })
    await signer.getByLabel('Month').fill('7')
    await signer.getByRole('button', { name: 'Ask' }).click()
    await expect(signer.getByText(/The answer is 0\.\d+/)).toBeVisible()
    // The answer is kept by whoever collects the counts, a moment later.
    await signer.waitForTimeout(4000)
    await signer.getByLabel('What turned out to be true').fill('1')
    await signer.getByRole('button', { name: 'Say so' }).click()
    await expect(signer.getByText('What turned out to be true is kept')).toBeVisible()
  })

  await test.step('work is logged against the criterion; the rest is off scope', async () => {
    await lead.goto(`${engagement}/work`)
    for (const line of ['2h ranking #C1', '30m a favour', '1h nothing #C9']) {
      await lead.getByLabel('What did you do?').fill(line)
      await lead.getByRole('button', { name: 'Log it' }).click()
      if (line.includes('#C9'))
        await expect(lead.getByText('There is no criterion or deliverable C9 here.')).toBeVisible()
      else await expect(lead.getByRole('cell', { name: line.replace(/^\S+ | #\w+/g, '') })).toBeVisible()
    }
    await expect(lead.getByText(/30 min.*off scope|off scope.*30 min/i).first()).toBeVisible()
    await lead.getByRole('button', { name: 'Start the timer' }).click()
    await lead.getByRole('button', { name: 'Stop and log' }).click()
    await expect(lead.getByRole('button', { name: 'Start the timer' })).toBeVisible()
  })

  await test.step('evidence says which criterion is met, on which data, by whose approval, as of when', async () => {
    await signer.goto(`${engagement}/evidence`)
    await expect(signer.getByText(/1 of 1 signed criteri/)).toBeVisible()
    await expect(signer.getByText('Pat Signer (Sponsor)', { exact: false })).toBeVisible()
    await expect(signer.getByText('measured on birdstrikes-holdout', { exact: false })).toBeVisible()
    await signer.goto(`${engagement}/evidence?at=2020-01-01T00:00`)
    await expect(signer.getByText('Pat Signer (Sponsor)', { exact: false })).toHaveCount(0)
  })

  await test.step('an executive sorts the portfolio', async () => {
    await owner.goto('/portfolio')
    await expect(owner.getByRole('row', { name: /Strike triage, walked/ }).first()).toContainText('1 of 1')
    await owner.getByRole('link', { name: /^Hours/ }).click()
    await expect(owner).toHaveURL(/sort=hours/)
    await expectAccessible(owner)
  })

  await test.step('what an outside client logs is kept and cannot satisfy a criterion', async () => {
    const { token } = readDemo().tracking
    const call = async (method: string, path: string, data?: unknown) => {
      const answer = await request.fetch(`${baseURL ?? ''}/api/2.0/mlflow/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(data === undefined ? {} : { data }),
      })
      expect(answer.status(), path).toBe(200)
      return (await answer.json()) as { run: { info: { run_id: string } } }
    }
    const { run } = await call('POST', 'runs/create', { experiment_id: '0', run_name: 'from a laptop' })
    await call('POST', 'runs/log-metric', { run_id: run.info.run_id, key: 'roc_auc', value: 0.99, timestamp: 1 })
    await call('POST', 'runs/update', { run_id: run.info.run_id, status: 'FINISHED' })
    const { page } = await personIn(browser, 'scientist')
    await page.goto('/engagements')
    await page.getByRole('link', { name: 'Bird-strike damage triage' }).click()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await expect(
      page
        .getByRole('row', { name: /from a laptop/ })
        .getByText('Not comparable')
        .first(),
    ).toBeVisible()
  })
})

/** The one option of any list on the page whose label fits. */
async function optionLike(page: Page, pattern: RegExp): Promise<string> {
  return (await page.locator('option').filter({ hasText: pattern }).first().textContent()) ?? ''
}

/** The newest mail to an address, read in the outbox by an administrator; its link opens in a browser without JavaScript. */
async function joinByMail(owner: Page, browser: Browser, email: string): Promise<Page> {
  await owner.goto('/outbox')
  const mail = owner.getByRole('listitem').filter({ hasText: email })
  const link = await mail.getByRole('link', { name: 'Accept the invitation' }).getAttribute('href')
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  await page.goto(link ?? '')
  await page.goto(link ?? '')
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText('A password has at least 10 characters.')).toBeVisible()
  await page.getByLabel('Password').fill('a walk through the whole thread')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'What is asked of me?' })).toBeVisible()
  return page
}

async function sign(signer: Page, title: RegExp): Promise<void> {
  await signer.goto('/')
  await signer.getByRole('listitem').filter({ hasText: title }).getByRole('link', { name: 'Read and decide' }).click()
  await expect(signer.getByRole('heading', { level: 1 })).toContainText(title)
  await signer.getByLabel('Sign it as it stands').check()
  await signer.getByRole('button', { name: 'Record my decision' }).click()
  await expect(signer.getByText('Signed').first()).toBeVisible()
}
