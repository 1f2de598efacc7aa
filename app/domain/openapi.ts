import { z } from 'zod'
import { schemaOf } from './json-schema.ts'
import { REQUEST_ROWS_MAX } from './prediction-limits.ts'
import { REUSE_CODES } from './reuse.ts'

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

/** What the doors of served models say when they do not answer; programs read the code, people the message. */
export const Problem = z.object({
  error_code: z.enum([
    'BAD_REQUEST',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'NOT_FOUND',
    'METHOD_NOT_ALLOWED',
    'REFUSED',
    'INVALID',
    'REQUEST_TOO_LARGE',
    'RESOURCE_EXHAUSTED',
    'INTERNAL_ERROR',
    'TEMPORARILY_UNAVAILABLE',
    ...REUSE_CODES,
  ]),
  message: z.string(),
  field: z.string().optional(),
  row: z.int().min(1).optional(),
})

/** By status, when that is. */
export const PROBLEM_STATUSES: Readonly<Record<number, string>> = {
  400: 'A field is wrong; the answer names it.',
  401: 'The token is missing or wrong.',
  403: 'The token is not for this, or the model was lent and is not any more (`REUSE_EXPIRED`, `REUSE_REVOKED`).',
  404: 'There is no live model at this address.',
  413: 'Too many rows or bytes.',
  429: 'The quota of the token is used up for now.',
  503: 'Not reachable right now; try again.',
}

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
            ...Object.fromEntries(
              Object.entries(PROBLEM_STATUSES).map(([status, description]) => [
                status,
                { description, ...json(refTo('Problem')) },
              ]),
            ),
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
        Problem: schemaOf(Problem, 'output'),
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
