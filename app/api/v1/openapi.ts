import { z } from 'zod'
import { V1_ROOT } from './root.ts'
import { schemaOf } from './schema.ts'
import type { Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'

const Fault = z.object({
  code: z.string().describe('unauthenticated, forbidden, not_found, invalid, refused, conflict, limited or fault'),
  message: z.string(),
})

/** Our own REST API in OpenAPI 3.1, made from the schemas that validate it. */
export function openApiDocument(origin: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of OPERATIONS) {
    const path = `${V1_ROOT}/{engagement}/${operation.path}`
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described(operation) }
  }
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
      schemas: { Fault: schemaOf(Fault, 'output') },
    },
  }
}

function described(operation: Operation) {
  const schema = schemaOf(operation.params, 'input')
  const required = new Set(schema.required ?? [])
  const parameters = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const isInPath = operation.path.includes(`{${name}}`)
    return { name, in: isInPath ? 'path' : 'query', required: isInPath || required.has(name), schema: property }
  })
  const refused = {
    description: 'Not done',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
  }
  return {
    operationId: operation.name,
    summary: operation.summary,
    parameters: [
      { name: 'engagement', in: 'path', required: true, description: 'Its code or id', schema: { type: 'string' } },
      ...parameters,
    ],
    ...(operation.bodyTypes.length === 0
      ? {}
      : {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              operation.bodyTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
            ),
          },
        }),
    responses: {
      200: {
        description: 'Done',
        content: {
          'application/json': { schema: schemaOf(operation.answer, 'output') },
        },
      },
      '4XX': refused,
    },
  }
}
