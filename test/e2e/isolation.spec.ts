import type { Browser } from '@playwright/test'
import { expect, test } from '@playwright/test'
import type { RouteConfigEntry } from '@remix-run/route-config'
import { DOORS } from '#app/api/doors.ts'
import routes from '#app/routes.ts'
import { engagementPath, personIn, readDemo } from './portal.ts'

/** Every path of the URL table, as it is written there. */
function pathsOf(entries: readonly RouteConfigEntry[], above = ''): string[] {
  return entries.flatMap((entry) => {
    const path = entry.path === undefined ? above : `${above}/${entry.path}`
    return [...(entry.children ? pathsOf(entry.children, path) : []), ...(entry.index || entry.path ? [path] : [])]
  })
}

/** The ids of things in another client's engagement, as its own people see them. */
async function idsOf(browser: Browser) {
  const { page, context } = await personIn(browser, 'lead')
  const base = await engagementPath(page, 'Bird-strike damage triage')
  const ids = new Map([['engagementId', base.split('/').at(-1) ?? '']])
  for (const list of ['', '/runs', '/jobs', '/models', '/definition', '/evidence', '/tokens', '/datasets', '/people']) {
    const html = await (await context.request.get(base + list)).text()
    for (const [kind, name] of Object.entries(KINDS)) {
      const id = new RegExp(`/${kind}/([0-9a-f-]{32,36})`).exec(html)?.[1]
      if (id !== undefined) ids.set(name, id)
    }
    const slug = /bird-strike-damage-[0-9a-f]{6}/.exec(html)?.[0]
    if (slug !== undefined) ids.set('slug', slug)
  }
  const criterion = await (await context.request.get(`${base}/criteria/${ids.get('criterionId') ?? ''}`)).text()
  ids.set('signOffId', /sign-offs\/([0-9a-f-]{36})/.exec(criterion)?.[1] ?? '')
  await context.close()
  return ids
}

const KINDS = {
  runs: 'runId',
  jobs: 'jobId',
  models: 'modelVersionId',
  endpoints: 'endpointId',
  decisions: 'decisionId',
  criteria: 'criterionId',
  tokens: 'tokenId',
  datasets: 'datasetVersionId',
  people: 'seatId',
} as const

function filled(path: string, ids: ReadonlyMap<string, string>): string {
  return path
    .replace(/:(\w+)/g, (_, name: string) => ids.get(name) ?? '00000000-0000-4000-8000-000000000000')
    .replace('*', 'model/model.onnx')
}

test('a user of another client gets 404 for every address with this client’s ids, whatever the method', async ({
  browser,
  baseURL,
}) => {
  test.setTimeout(120_000)
  const ids = await idsOf(browser)
  for (const name of ['engagementId', 'signOffId', 'slug', ...Object.values(KINDS)])
    expect(ids.get(name), name).toBeTruthy()
  const { context } = await personIn(browser, 'otherClient')
  const pages = pathsOf(routes).filter((path) => path.includes(':engagementId'))
  expect(pages.length).toBeGreaterThan(35)
  const doors = DOORS.filter((door) => typeof door.policy === 'object' && 'session' in door.policy).map(
    (door) => door.path,
  )
  const faults: string[] = []
  for (const pattern of [...pages, ...doors]) {
    const path = filled(pattern, ids)
    const headers = { 'sec-fetch-site': 'same-origin', origin: baseURL ?? '' }
    const isDoor = doors.includes(pattern)
    const tries = [
      await context.request.get(path, { maxRedirects: 0 }),
      ...(isDoor ? [] : [await context.request.get(`${path}.data`, { maxRedirects: 0 })]),
      await context.request.post(path, { headers, form: { name: 'x', to: 'closed', line: '1h x' }, maxRedirects: 0 }),
    ]
    for (const answer of tries) {
      const text = await answer.text()
      const told = [...ids.values()].filter((id) => id !== '' && text.includes(id) && !path.includes(id))
      // A navigation inside the page carries the status of each part; the whole is 200, 202 or 404.
      const isHidden = answer.status() === 404 || (answer.url().includes('.data') && /yours to see/.test(text))
      if (!isHidden || told.length > 0 || /Meridian|Bird-strike/.test(text))
        faults.push(`${answer.url()} ${String(answer.status())} ${told.join(' ')}`)
    }
  }
  expect(faults).toEqual([])
})

test('a token of one engagement finds nothing of another', async ({ browser, request }) => {
  const { context, page } = await personIn(browser, 'lead')
  const other = await engagementPath(page, 'Tomorrow’s temperature for load planning')
  const html = await (await context.request.get(`${other}/runs`)).text()
  const foreignRun = /\/runs\/([0-9a-f]{32})/.exec(html)?.[1] ?? ''
  expect(foreignRun).not.toBe('')
  const headers = { authorization: `Bearer ${readDemo().tracking.token}` }
  const api = '/api/2.0/mlflow'
  const tries = [
    await request.get(`${api}/runs/get?run_id=${foreignRun}`, { headers }),
    await request.get(`${api}/metrics/get-history?run_id=${foreignRun}&metric_key=rmse`, { headers }),
    await request.post(`${api}/runs/log-metric`, {
      headers,
      data: { run_id: foreignRun, key: 'x', value: 1, timestamp: 1 },
    }),
    await request.post(`${api}/runs/update`, { headers, data: { run_id: foreignRun, status: 'FAILED' } }),
    await request.get(
      `${api}/experiments/get-by-name?experiment_name=${encodeURIComponent('Tomorrow’s temperature')}`,
      { headers },
    ),
    await request.get(`/api/2.0/mlflow-artifacts/artifacts/1/${foreignRun}/artifacts/model/model.onnx`, { headers }),
  ]
  for (const answer of tries) {
    expect(answer.status(), answer.url()).toBe(404)
    expect(await answer.json()).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
  }
  const all = await request.post(`${api}/runs/search`, {
    headers,
    data: { experiment_ids: ['0', ...Array.from({ length: 30 }, (_, id) => String(id + 1))] },
  })
  expect(await all.text()).not.toContain(foreignRun)
})

test('who is not signed in is led to the sign-in page, and scripts get a JSON 401 and no redirect', async ({
  browser,
  request,
}) => {
  const ids = await idsOf(browser)
  for (const pattern of pathsOf(routes).filter((path) => path.includes(':engagementId'))) {
    const answer = await request.get(filled(pattern, ids), { maxRedirects: 0 })
    expect([302, 404], pattern).toContain(answer.status())
    if (answer.status() === 302) expect(answer.headers()['location']).toMatch(/^\/sign-in/)
  }
  for (const door of DOORS.filter(({ policy }) => typeof policy === 'object' && 'token' in policy)) {
    for (const authorization of [undefined, 'Bearer thr_nobody', `Basic ${Buffer.from('x:y').toString('base64')}`]) {
      const answer = await request.fetch(filled(door.path, ids), {
        method: door.methods[0] ?? 'GET',
        maxRedirects: 0,
        headers: authorization === undefined ? {} : { authorization },
      })
      expect(answer.status(), door.path).toBe(401)
      expect(answer.headers()['content-type']).toContain('application/json')
      expect(await answer.json()).toMatchObject({ message: expect.any(String) })
    }
  }
})
