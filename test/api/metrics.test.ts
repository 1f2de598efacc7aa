import { describe, expect } from 'vitest'
import { METRICS_TOKEN, test } from '../support/http.ts'

const ask = (server: { fetch(path: string, init?: RequestInit): Promise<Response> }, token?: string) =>
  server.fetch('/metrics', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })

describe('what Prometheus reads', () => {
  test('opens for its own token, and for no other', async ({ server, client }) => {
    expect((await ask(server)).status).toBe(401)
    expect((await ask(server, client.token)).status).toBe(401)
    expect((await ask(server, `${METRICS_TOKEN}x`)).status).toBe(401)
    expect((await ask(server, METRICS_TOKEN)).status).toBe(200)
  })

  test('is in its form, and counts without a word of what an engagement is about', async ({ server, fixture }) => {
    expect(fixture.engagementId).toBeTruthy()
    const response = await ask(server, METRICS_TOKEN)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    const lines = text.trimEnd().split('\n')
    const form = /^(# (HELP|TYPE) [a-z_0-9]+ .+|[a-z_0-9]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.e+]+)$/
    expect(lines.filter((line) => !form.test(line))).toEqual([])
    expect(text).toContain('throughline_jobs{state="queued"} 0')
    expect(text).toMatch(/\nthroughline_workers 0\n/)
    expect(text).toMatch(/\nprocess_resident_memory_bytes [1-9]\d+\n/)
    expect(text).not.toContain('Acme')
    for (const line of lines.filter((one) => one.startsWith('# TYPE')))
      expect(lines.filter((one) => one === line)).toHaveLength(1)
  })
})
