import { z } from 'zod'

/** A schema as JSON Schema (2020-12, as OpenAPI 3.1 has it); what goes in, or what comes out of it. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const described = z.toJSONSchema(schema, { io })
  delete described.$schema
  return described
}
