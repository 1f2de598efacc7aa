import { z } from 'zod'
import { REQUEST_ROWS_MAX } from './prediction-limits.ts'

/** What a model takes and gives, as stored with it. */
export const PlainSignature = z.object({
  inputs: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['double', 'string']),
      required: z.boolean().default(true),
      allowed: z.array(z.string()).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      description: z.string().default(''),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), type: z.string(), description: z.string().default('') })),
})
export type PlainSignature = z.infer<typeof PlainSignature>

/** A line of what a caller would notice: a field that came, went, or changed its kind or its need. */
export interface SignatureChange {
  readonly field: string
  readonly change: string
  /** True when a request that was right yesterday is wrong today. */
  readonly isBreaking: boolean
}

/** What changes for callers between two signatures, breaking changes first. */
export function signatureChanges(before: PlainSignature, after: PlainSignature): SignatureChange[] {
  const changes: SignatureChange[] = []
  const old = new Map(before.inputs.map((input) => [input.name, input]))
  for (const input of after.inputs) {
    const was = old.get(input.name)
    const field = input.name
    if (!was)
      changes.push({ field, change: input.required ? 'is new and required' : 'is new', isBreaking: input.required })
    else if (was.type !== input.type)
      changes.push({ field, change: `is ${kindOf(input.type)}, was ${kindOf(was.type)}`, isBreaking: true })
    else if (input.required && !was.required) changes.push({ field, change: 'is required now', isBreaking: true })
    else if (!input.required && was.required) changes.push({ field, change: 'may be left out now', isBreaking: false })
  }
  const kept = new Set(after.inputs.map(({ name }) => name))
  for (const { name } of before.inputs)
    if (!kept.has(name)) changes.push({ field: name, change: 'is not taken any more', isBreaking: true })
  const [given, gave] = [after.outputs[0]?.type, before.outputs[0]?.type]
  if (given !== gave)
    changes.push({ field: 'prediction', change: `is ${String(given)}, was ${String(gave)}`, isBreaking: true })
  return changes.sort((a, b) => Number(b.isBreaking) - Number(a.isBreaking))
}

const kindOf = (type: 'double' | 'string') => (type === 'double' ? 'a number' : 'a text')

/** The plain JSON door of an endpoint. Source: OpenAPI Specification 3.1.0. */
export function openApiOf(
  about: { readonly slug: string; readonly origin: string; readonly name: string; readonly version: number },
  signature: PlainSignature,
) {
  const properties = Object.fromEntries(
    signature.inputs.map((input) => [
      input.name,
      {
        type: input.type === 'double' ? (input.required ? 'number' : ['number', 'null']) : 'string',
        ...(input.description === '' ? {} : { description: input.description }),
        ...(input.min === undefined ? {} : { 'x-seen-minimum': input.min }),
        ...(input.max === undefined ? {} : { 'x-seen-maximum': input.max }),
        ...(input.allowed === undefined ? {} : { examples: input.allowed.slice(0, 5) }),
      },
    ]),
  )
  const Row = {
    type: 'object',
    properties,
    required: signature.inputs.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  }
  const number = { type: 'number', description: signature.outputs[0]?.description ?? '' }
  const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const json = (schema: object) => ({ content: { 'application/json': { schema } } })
  return {
    openapi: '3.1.0',
    info: { title: about.name, version: String(about.version) },
    servers: [{ url: about.origin }],
    security: [{ token: [] }],
    paths: {
      [`/endpoints/${about.slug}/predict`]: {
        post: {
          summary: 'Ask about one row, or about several.',
          requestBody: { required: true, ...json({ oneOf: [refTo('Row'), refTo('Rows')] }) },
          responses: {
            200: { description: 'The answer.', ...json({ oneOf: [refTo('Answer'), refTo('Answers')] }) },
            400: { description: 'A field is wrong; the answer names it.', ...json(refTo('Problem')) },
            401: { description: 'The token is missing or wrong.', ...json(refTo('Problem')) },
            413: { description: 'Too many rows or bytes.', ...json(refTo('Problem')) },
            429: { description: 'The quota of the token is used up for now.', ...json(refTo('Problem')) },
            503: { description: 'Not reachable right now; try again.', ...json(refTo('Problem')) },
          },
        },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Row,
        Rows: {
          type: 'object',
          properties: { rows: { type: 'array', items: refTo('Row'), minItems: 1, maxItems: REQUEST_ROWS_MAX } },
          required: ['rows'],
          additionalProperties: false,
        },
        Answer: { type: 'object', properties: { prediction: number }, required: ['prediction'] },
        Answers: {
          type: 'object',
          properties: { predictions: { type: 'array', items: number } },
          required: ['predictions'],
        },
        Problem: {
          type: 'object',
          properties: {
            error_code: { type: 'string' },
            message: { type: 'string' },
            field: { type: 'string' },
            row: { type: 'integer', minimum: 1 },
          },
          required: ['error_code', 'message'],
        },
      },
    },
  }
}

/** A row that this model would take, made of what it has learned from. */
export function exampleRow(signature: PlainSignature): Record<string, string | number> {
  return Object.fromEntries(
    signature.inputs.map(({ name, type, allowed, min, max }): [string, string | number] => [
      name,
      type === 'double' ? Math.round(((min ?? 0) + (max ?? 0)) / 2) : (allowed?.[0] ?? ''),
    ]),
  )
}
