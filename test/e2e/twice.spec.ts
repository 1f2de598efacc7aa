import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { engagementPath, personIn } from './portal.ts'

/** Forms that add something, the fields that are typed, and the page that lists it afterwards. */
const FORMS = [
  { path: '/registers/new', list: '/registers', typed: (text: string) => ({ title: text }) },
  { path: '/work', list: '/work', typed: (text: string) => ({ line: `15m ${text}` }) },
  { path: '/deliverables', list: '/deliverables', typed: (text: string) => ({ title: text }) },
  {
    path: '/changes/new',
    list: '/scope',
    typed: (text: string) => ({ title: text, reason: 'It is wished for.', addToScope: 'one thing', fee: 'None' }),
  },
]

/** The page's form as a browser would send it now, with the key that the page gave it. */
async function formOf(page: Page): Promise<Record<string, string>> {
  const form = page.locator('form').filter({ has: page.locator('input[name=requestKey]') })
  return form.first().evaluate((element: HTMLFormElement) => {
    const sent: Record<string, string> = {}
    for (const [name, value] of new FormData(element)) if (typeof value === 'string') sent[name] = value
    return sent
  })
}

test('a form that is sent twice at once adds one thing, and both are led to it', async ({ browser, baseURL }) => {
  const { page, context } = await personIn(browser, 'lead')
  const base = await engagementPath(page, 'Bird-strike damage triage')
  for (const { path, list, typed } of FORMS) {
    const text = `sent twice ${String(Date.now())}`
    await page.goto(base + path)
    const form = await formOf(page)
    expect(form['requestKey'], path).toMatch(/^[0-9a-f-]{36}$/)
    const send = (values: Record<string, string>) =>
      context.request.post(base + path, {
        form: { ...form, ...values },
        headers: { origin: baseURL ?? '', 'sec-fetch-site': 'same-origin' },
        maxRedirects: 0,
      })
    const answers = await Promise.all([send(typed(text)), send(typed(text)), send(typed(text))])
    const statuses = answers.map((answer) => answer.status())
    expect(statuses, path).toEqual([302, 302, 302])
    expect(new Set(answers.map((answer) => answer.headers()['location'])).size, path).toBe(1)
    await page.goto(base + list)
    await expect(page.getByText(text), path).toHaveCount(1)

    // What was typed anew after going back is another thing.
    expect((await send(typed(`${text} and more`))).status(), path).toBe(302)
    await page.goto(base + list)
    await expect(page.getByText(`${text} and more`), path).toHaveCount(1)
  }
})
