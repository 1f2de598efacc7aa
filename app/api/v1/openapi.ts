import { z } from 'zod'
import { schemaOf } from '#app/domain/json-schema.ts'
import { Problem, PROBLEM_STATUSES } from '#app/domain/openapi.ts'
import type { Description } from './description.ts'
import { ofOperation } from './description.ts'
import { OPERATIONS } from './operations.ts'
import { OTHER_DOORS } from './other-doors.ts'

const Fault = z.object({
  code: z.string().describe('unauthenticated, forbidden, not_found, invalid, refused, conflict, limited or fault'),
  message: z.string(),
})

/** All that programs may ask beside MLflow's protocol, in the order in which it is read. */
export const DESCRIPTIONS: readonly Description[] = [...OPERATIONS.map(ofOperation), ...OTHER_DOORS]

/** Our own REST API in OpenAPI 3.1, made from the schemas that validate it. */
export function openApiDocument(origin: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const about of DESCRIPTIONS)
    paths[about.url] = { ...paths[about.url], [about.method.toLowerCase()]: described(about) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Throughline',
      version: '1',
      description:
        'What the tracking API of MLflow, which is served at /api/2.0/mlflow, has no words for. A token is made on an engagement’s page of tokens.',
    },
    servers: [{ url: origin }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Fault: schemaOf(Fault, 'output'), Problem: schemaOf(Problem, 'output') },
    },
  }
}

function described(about: Description) {
  const schema = schemaOf(about.params, 'input')
  const required = new Set(schema.required ?? [])
  const parameters = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const isInPath = about.url.includes(`{${name}}`)
    return { name, in: isInPath ? 'path' : 'query', required: isInPath || required.has(name), schema: property }
  })
  return {
    operationId: about.name,
    summary: about.summary,
    ...(about.isPublic ? { security: [] } : {}),
    parameters,
    ...(Object.keys(about.bodies).length === 0
      ? {}
      : { requestBody: { required: true, content: contentOf(about.bodies, 'input') } }),
    responses: {
      200: { description: 'Done', content: contentOf(about.answers, 'output') },
      ...refusalsOf(about.refusal),
    },
  }
}

function contentOf(types: Description['bodies'], io: 'input' | 'output') {
  return Object.fromEntries(
    Object.entries(types).map(([type, schema]) => [
      type,
      { schema: schema === null ? { type: 'string', format: 'binary' } : schemaOf(schema, io) },
    ]),
  )
}

function refusalsOf(refusal: Description['refusal']) {
  if (refusal === null) return {}
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${refusal}` } } }
  return refusal === 'Fault'
    ? { '4XX': { description: 'Not done', content } }
    : Object.fromEntries(
        Object.entries(PROBLEM_STATUSES).map(([status, description]) => [status, { description, content }]),
      )
}
