import { z } from 'zod'
import type { Json } from './canonical-json.ts'
import type { DocumentEngagement } from './criterion.ts'
import { AppError } from './errors.ts'

const PageDocument = z.object({
  title: z.string(),
  rows: z.array(z.object({ term: z.string(), value: z.string() })),
  consequence: z.string(),
})
export type PageDocument = z.infer<typeof PageDocument>

/**
 * Exactly what is shown to whoever signs a deliverable, a model version, a change or a hand-over, and of an external event: names and values in
 * reading order, and what signing means.
 */
export function pageDocument(
  engagement: DocumentEngagement,
  kind: 'deliverable' | 'model' | 'change' | 'handover' | 'external_event',
  page: PageDocument,
): Json {
  return {
    format: `throughline.${kind}/1`,
    engagement: { ...engagement },
    title: page.title,
    rows: page.rows.map((row) => ({ ...row })),
    consequence: page.consequence,
  }
}

/** Several things under one name of a page, one a line. */
export function bulleted(items: readonly string[], none: string): string {
  return items.length === 0 ? none : items.map((item) => `- ${item}`).join('\n')
}

/** @throws AppError `invalid` when a frozen text is none of these */
export function readPageDocument(document: string): PageDocument {
  const parsed = PageDocument.safeParse(JSON.parse(document))
  if (!parsed.success) throw new AppError('invalid', 'The frozen text cannot be read.', { cause: parsed.error })
  return parsed.data
}
