import { and, asc, eq, sql } from 'drizzle-orm'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import { artifacts } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

export interface ArtifactRow {
  readonly path: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** Files of a run whose path is below `folder` (empty: all of them), by path. */
export async function listArtifacts(tx: Tx, runId: RunId, folder = '', limit = 10_000): Promise<ArtifactRow[]> {
  return tx
    .select({ path: artifacts.path, sha256: artifacts.sha256, sizeBytes: artifacts.sizeBytes })
    .from(artifacts)
    .where(
      and(eq(artifacts.runId, runId), folder === '' ? undefined : sql`starts_with(${artifacts.path}, ${`${folder}/`})`),
    )
    .orderBy(asc(artifacts.path))
    .limit(limit)
}

export async function findArtifact(tx: Tx, runId: RunId, path: string): Promise<ArtifactRow | null> {
  const [row] = await tx
    .select({ path: artifacts.path, sha256: artifacts.sha256, sizeBytes: artifacts.sizeBytes })
    .from(artifacts)
    .where(and(eq(artifacts.runId, runId), eq(artifacts.path, path)))
  return row ?? null
}

/** Note that a stored blob is a run's file; the same path again names the newer bytes. */
export async function saveArtifact(
  tx: Tx,
  row: ArtifactRow & { readonly engagementId: EngagementId; readonly runId: RunId; readonly at: Date },
): Promise<void> {
  const { at, ...values } = row
  await tx
    .insert(artifacts)
    .values({ ...values, createdAt: at })
    .onConflictDoUpdate({
      target: [artifacts.runId, artifacts.path],
      set: { sha256: values.sha256, sizeBytes: values.sizeBytes, createdAt: at },
    })
}
