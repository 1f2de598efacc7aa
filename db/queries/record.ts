import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import type { ChainLink } from '#app/domain/decision.ts'
import type { EngagementId, OrganisationId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { FileCheckpoint, FileLink } from '#app/domain/record.ts'
import { decisionCheckpoints, decisionHeads, decisionRecords, evidenceSnapshots } from '../schema/decisions.ts'
import type { Tx } from '../types.ts'

export interface ChainHead {
  readonly organisationId: OrganisationId
  readonly seq: number
  readonly hash: string
}

/** How far each chain that the viewer may see goes. */
export async function listChainHeads(tx: Tx): Promise<ChainHead[]> {
  const rows = await tx.select().from(decisionHeads).orderBy(asc(decisionHeads.organisationId)).limit(10_000)
  return rows.map((row) => ({ ...row, organisationId: toId<OrganisationId>(row.organisationId) }))
}

/** The end of one chain; null before its first record. */
export async function findChainHead(tx: Tx, organisationId: OrganisationId): Promise<ChainHead | null> {
  const [row] = await tx.select().from(decisionHeads).where(eq(decisionHeads.organisationId, organisationId))
  return row === undefined || row.seq === 0 ? null : { organisationId, seq: row.seq, hash: row.hash }
}

/** Whole links of one chain in order, after `afterSeq`: what the viewer may see of them. */
export async function listLinks(
  tx: Tx,
  organisationId: OrganisationId,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<ChainLink[]> {
  return tx
    .select({
      id: decisionRecords.id,
      organisationId: decisionRecords.organisationId,
      seq: decisionRecords.seq,
      engagementId: decisionRecords.engagementId,
      signOffId: decisionRecords.signOffId,
      subjectType: decisionRecords.subjectType,
      subjectId: decisionRecords.subjectId,
      subjectHash: decisionRecords.subjectHash,
      title: decisionRecords.title,
      outcome: decisionRecords.outcome,
      side: decisionRecords.side,
      rationale: decisionRecords.rationale,
      decidedBy: decisionRecords.decidedBy,
      onBehalfOf: decisionRecords.onBehalfOf,
      authority: decisionRecords.authority,
      at: decisionRecords.at,
      body: decisionRecords.body,
      prevHash: decisionRecords.prevHash,
      hash: decisionRecords.hash,
      document: evidenceSnapshots.document,
    })
    .from(decisionRecords)
    .innerJoin(evidenceSnapshots, eq(evidenceSnapshots.id, decisionRecords.snapshotId))
    .where(and(eq(decisionRecords.organisationId, organisationId), gt(decisionRecords.seq, afterSeq)))
    .orderBy(asc(decisionRecords.seq))
    .limit(limit)
}

/**
 * A chain for a file: links of the engagements that the viewer may see are whole, of the others there are only the
 * hashes, so that the chain can be checked without telling what it holds.
 * @param only whole links of this engagement only
 * @param until links up to the last one decided by then
 */
export async function listFileLinks(
  tx: Tx,
  organisationId: OrganisationId,
  { only, until }: { readonly only: EngagementId | null; readonly until: Date },
): Promise<FileLink[]> {
  const rows = await tx.execute<{
    seq: string
    prev_hash: string
    hash: string
    body: string | null
    document: string | null
  }>(sql`
    select c.seq, c.prev_hash, c.hash, d.body, s.document
    from app.chain(${organisationId}, ${until.toISOString()}::timestamptz) c
    left join decision_records d on d.organisation_id = ${organisationId} and d.seq = c.seq
      and (${only}::uuid is null or d.engagement_id = ${only}::uuid)
    left join evidence_snapshots s on s.id = d.snapshot_id
    order by c.seq`)
  return rows.map((row) => ({
    seq: Number(row.seq),
    prevHash: row.prev_hash,
    hash: row.hash,
    ...(row.body === null || row.document === null ? {} : { body: row.body, document: row.document }),
  }))
}

/** Signed checkpoints of one chain up to a record, oldest first. */
export async function listCheckpoints(
  tx: Tx,
  organisationId: OrganisationId,
  untilSeq: number,
): Promise<FileCheckpoint[]> {
  return tx
    .select({
      note: decisionCheckpoints.note,
      keyId: decisionCheckpoints.keyId,
      publicKey: decisionCheckpoints.publicKey,
      signature: decisionCheckpoints.signature,
    })
    .from(decisionCheckpoints)
    .where(and(eq(decisionCheckpoints.organisationId, organisationId), lte(decisionCheckpoints.seq, untilSeq)))
    .orderBy(asc(decisionCheckpoints.seq))
    .limit(100_000)
}

/** Keep a checkpoint; one that is there already stays. */
export async function insertCheckpoint(
  tx: Tx,
  row: FileCheckpoint & { readonly organisationId: OrganisationId; readonly seq: number; readonly at: Date },
): Promise<void> {
  await tx.insert(decisionCheckpoints).values(row).onConflictDoNothing()
}

/** Something that was published or decided, and does not agree with the record. Only for whoever may see everything. */
export async function listStrayRows(tx: Tx, limit = 20): Promise<{ table: string; id: string; fault: string }[]> {
  const rows = await tx.execute<{ table_name: string; id: string; fault: string }>(sql`
    select 'evidence_snapshots' as table_name, id::text, 'its text does not have its hash' as fault
      from evidence_snapshots where encode(sha256(convert_to(document, 'UTF8')), 'hex') <> sha256
    union all
    select 'criterion_versions', id::text, 'its text does not have its hash'
      from criterion_versions where content_hash is not null and encode(sha256(convert_to(document, 'UTF8')), 'hex') is distinct from content_hash
    union all
    select 'problem_statements', id::text, 'its text does not have its hash'
      from problem_statements where content_hash is not null and encode(sha256(convert_to(document, 'UTF8')), 'hex') is distinct from content_hash
    union all
    select 'criterion_versions', v.id::text, 'it is agreed, and no decision of the client says so'
      from criterion_versions v where v.state in ('agreed', 'superseded', 'suspended') and not exists (
        select 1 from decision_records d where d.subject_id = v.id and d.subject_hash = v.content_hash and d.side = 'client' and d.outcome in ('approved', 'approved_with_conditions'))
    union all
    select 'problem_statements', v.id::text, 'it is agreed, and no decision of the client says so'
      from problem_statements v where v.state in ('agreed', 'superseded', 'suspended') and not exists (
        select 1 from decision_records d where d.subject_id = v.id and d.subject_hash = v.content_hash and d.side = 'client' and d.outcome in ('approved', 'approved_with_conditions'))
    union all
    select 'sign_offs', s.id::text, 'it is signed, and no decision says so'
      from sign_offs s where s.state in ('approved', 'approved_with_conditions') and not exists (
        select 1 from decision_records d where d.sign_off_id = s.id and d.subject_hash = s.subject_hash and d.outcome in ('approved', 'approved_with_conditions', 'restored'))
    order by 1, 2 limit ${limit}`)
  return rows.map((row) => ({ table: row.table_name, id: row.id, fault: row.fault }))
}
