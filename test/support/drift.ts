import { countLatencies } from '#db/latency.ts'
import type { TestDatabase } from './database.ts'
import { query } from './database.ts'
import { NOW } from './factories.ts'

const SCORES = { kind: 'number', edges: [0.5], counts: [500, 500, 0] }
const REFERENCE = JSON.stringify({ datasetName: 'holdout', rows: 1000, inputs: {}, scores: SCORES })

/** Let every deployment have served scores spread so over two bins and a third for none, where half and half was agreed on. */
export async function servedScores(database: TestDatabase, counts: readonly number[]): Promise<void> {
  await query(database.ownerUrl, async (sql) => {
    await sql`update deployments set reference = ${REFERENCE}::jsonb`
    await sql`delete from inference_windows`
    await sql`insert into inference_windows (engagement_id, endpoint_id, deployment_id, starts_at, source, requests, rows, client_errors, server_errors, latency, scores, inputs)
      select engagement_id, endpoint_id, id, ${NOW.toISOString()}, id, 100, 1000, 0, 0, ${countLatencies().encode()}, ${JSON.stringify(counts)}::jsonb, '{}' from deployments`
  })
}
