import { describe, expect } from 'vitest'
import { DOORS } from '#app/api/doors.ts'
import { onlyPost } from '#app/api/serving.ts'
import { V1_ROOT } from '#app/api/v1/root.ts'
import { test } from '#test/support/http.ts'

describe('the description', () => {
  test('is OpenAPI 3.1 and names every operation; a person reads it without a script', async ({ server }) => {
    const document: unknown = await (await server.fetch('/api/openapi.json')).json()
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/api/v1/engagements/{engagement}/lineage': { get: { operationId: 'traceLineage' } },
        '/api/v1/engagements/{engagement}/imports': { post: { requestBody: { required: true } } },
      },
    })
    // Every door for programs is in it, but those of MLflow's protocol and those that only say no.
    const mlflow = /^\/(ajax-)?api\/[23]\.0\/|^\/v1\/traces$|\/get-artifact$|^\/version$/
    const { paths } = document as { paths: Record<string, Record<string, unknown>> } // as matched above
    for (const door of DOORS.filter(
      ({ policy, answer }) => answer !== onlyPost && !(typeof policy === 'object' && 'session' in policy),
    )) {
      if (mlflow.test(door.path) || door.path === `${V1_ROOT}/*`) continue
      const told = paths[door.path.replace(/:(\w+)/g, '{$1}')]
      expect([door.path, ...Object.keys(told ?? {})]).toEqual([
        door.path,
        ...door.methods.map((one) => one.toLowerCase()),
      ])
    }
    expect(document).toMatchObject({
      paths: {
        '/endpoints/{slug}/predict': {
          post: { responses: { 403: { description: expect.stringContaining('REUSE_EXPIRED') } } },
        },
      },
      components: {
        schemas: {
          Problem: { properties: { error_code: { enum: expect.arrayContaining(['REUSE_EXPIRED', 'REUSE_REVOKED']) } } },
        },
      },
    })
    const page = await server.fetch('/api/docs')
    const html = await page.text()
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(html).toContain('All that a thing rests on')
    expect(html).not.toMatch(/<script|https?:\/\/(?!127)/)
  })
})
