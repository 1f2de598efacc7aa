import { and, asc, eq, sql } from 'drizzle-orm'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import { loggedModelFiles } from '../schema/logged-models.ts'
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

/** Take a file off a run, or every file below a folder; the bytes go when nothing refers to them. @returns how many */
export async function removeArtifacts(tx: Tx, runId: RunId, path: string): Promise<number> {
  const rows = await tx
    .delete(artifacts)
    .where(
      and(
        eq(artifacts.runId, runId),
        sql`(${artifacts.path} = ${path} or starts_with(${artifacts.path}, ${`${path}/`}))`,
      ),
    )
    .returning({ path: artifacts.path })
  return rows.length
}

/** As listArtifacts, of a logged model. */
export async function listModelFiles(tx: Tx, modelId: string, folder = '', limit = 10_000): Promise<ArtifactRow[]> {
  return tx
    .select({ path: loggedModelFiles.path, sha256: loggedModelFiles.sha256, sizeBytes: loggedModelFiles.sizeBytes })
    .from(loggedModelFiles)
    .where(
      and(
        eq(loggedModelFiles.modelId, modelId),
        folder === '' ? undefined : sql`starts_with(${loggedModelFiles.path}, ${`${folder}/`})`,
      ),
    )
    .orderBy(asc(loggedModelFiles.path))
    .limit(limit)
}

export async function findModelFile(tx: Tx, modelId: string, path: string): Promise<ArtifactRow | null> {
  const [row] = await tx
    .select({ path: loggedModelFiles.path, sha256: loggedModelFiles.sha256, sizeBytes: loggedModelFiles.sizeBytes })
    .from(loggedModelFiles)
    .where(and(eq(loggedModelFiles.modelId, modelId), eq(loggedModelFiles.path, path)))
  return row ?? null
}

/** As saveArtifact, of a logged model. */
export async function saveModelFile(
  tx: Tx,
  row: ArtifactRow & { readonly engagementId: EngagementId; readonly modelId: string; readonly at: Date },
): Promise<void> {
  const { at, ...values } = row
  await tx
    .insert(loggedModelFiles)
    .values({ ...values, createdAt: at })
    .onConflictDoUpdate({
      target: [loggedModelFiles.modelId, loggedModelFiles.path],
      set: { sha256: values.sha256, sizeBytes: values.sizeBytes, createdAt: at },
    })
}
