import { desc, eq } from 'drizzle-orm'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { persons } from '../schema/persons.ts'
import { runImports } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

export interface RunImportRow {
  readonly id: string
  readonly fileName: string
  readonly sha256: string
  readonly rows: number
  readonly importedBy: string
  readonly importedAt: Date
}

/** @returns false when the same file was brought in before */
export async function insertRunImport(
  tx: Tx,
  row: Omit<RunImportRow, 'importedBy'> & { readonly engagementId: EngagementId; readonly importedBy: PersonId },
): Promise<boolean> {
  const rows = await tx.insert(runImports).values(row).onConflictDoNothing().returning({ id: runImports.id })
  return rows.length === 1
}

/** Files of past results, the newest first, by the name of who brought them. */
export async function listRunImports(tx: Tx, engagementId: EngagementId, limit = 100): Promise<RunImportRow[]> {
  return tx
    .select({
      id: runImports.id,
      fileName: runImports.fileName,
      sha256: runImports.sha256,
      rows: runImports.rows,
      importedBy: persons.name,
      importedAt: runImports.importedAt,
    })
    .from(runImports)
    .innerJoin(persons, eq(persons.id, runImports.importedBy))
    .where(eq(runImports.engagementId, engagementId))
    .orderBy(desc(runImports.importedAt))
    .limit(limit)
}
