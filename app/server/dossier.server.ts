import type { PersonActor } from '#app/domain/actor.ts'
import type { Json } from '#app/domain/canonical-json.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { RACI_WORDS, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import type { EngagementId, OrganisationId } from '#app/domain/ids.ts'
import { toJson } from '#app/domain/record.ts'
import { sha256 } from '#db/digest.ts'
import { listChecklist, listGateSwitches } from '#db/queries/checklists.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { listHoldersAt } from '#db/queries/seats.ts'
import { askEvidence } from '#db/queries/evidence.ts'
import { listProblems } from '#db/queries/problems.ts'
import { listCheckpoints, listFileLinks } from '#db/queries/record.ts'
import { listDecisionsUntil } from '#db/queries/sign-offs.ts'
import { listWaivers } from '#db/queries/waivers.ts'
import { openRecordKey } from '#db/record-key.server.ts'
import type { Tx } from '#db/types.ts'

/** A file that anybody can check: what it says, and a signature of exactly that. */
export interface SealedFile<Content> {
  readonly content: Content
  readonly seal: {
    readonly keyId: string
    readonly publicKey: string
    /** Of the canonical JSON (RFC 8785) of the content. */
    readonly sha256: string
    /** Ed25519 of the sha256's text, base64. */
    readonly signature: string
  }
}

/** Sign what a file says with the instance's key. */
export async function sealFile<Content>(dataDir: string, content: Content): Promise<SealedFile<Json>> {
  const key = await openRecordKey(dataDir)
  const written = toJson(content)
  const digest = sha256(canonicalJson(written))
  return {
    content: written,
    seal: { keyId: key.keyId, publicKey: key.publicKey, sha256: digest, signature: key.sign(digest) },
  }
}

/** The chain of an organisation with its checkpoints, as far as the viewer may see it. */
export async function recordFileContent(
  tx: Tx,
  input: { readonly organisationId: OrganisationId; readonly only: EngagementId | null; readonly until: Date },
) {
  const links = await listFileLinks(tx, input.organisationId, input)
  const checkpoints = await listCheckpoints(tx, input.organisationId, links.at(-1)?.seq ?? 0)
  return { organisationId: input.organisationId, links, checkpoints }
}

/** Everything that was agreed, measured and decided in an engagement as of a time, for people and machines outside. */
export async function dossierContent(
  tx: Tx,
  input: { readonly actor: PersonActor; readonly engagement: EngagementRow; readonly asOf: Date; readonly now: Date },
) {
  const { actor, engagement, asOf } = input
  const problem = (await listProblems(tx, engagement.id)).find((version) => isInForce(version, asOf))
  const criteria = (await listCriterionVersions(tx, engagement.id)).filter((version) => isInForce(version, asOf))
  return {
    format: 'throughline.dossier/1' as const,
    asOf,
    madeAt: input.now,
    madeFor: `${actor.name}, ${actor.organisationName}`,
    engagement: { id: engagement.id, code: engagement.code, name: engagement.name, client: engagement.client },
    definition: {
      problem: problem ? versionFacts(problem) : null,
      criteria: criteria.map((version) => ({ key: version.key, ...versionFacts(version) })),
    },
    people: (await listHoldersAt(tx, engagement.id, asOf)).map((holder) => ({
      seat: SEAT_FUNCTION_WORDS[holder.function],
      does: RACI_WORDS[holder.raci],
      person: holder.name,
      organisation: holder.organisation,
      since: holder.since,
      hasAccepted: holder.acceptedAt !== null && holder.acceptedAt <= asOf,
    })),
    waivers: (await listWaivers(tx, engagement.id, { openOnly: false }))
      .filter((waiver) => waiver.createdAt <= asOf)
      .map(({ reason, risk, approvedByName, createdAt, expiresAt, closedAt, closeReason }) => ({
        reason,
        risk,
        approvedBy: approvedByName,
        from: createdAt,
        until: expiresAt,
        closed: closedAt !== null && closedAt <= asOf ? closeReason : null,
      })),
    switchedOff: [
      ...(await listChecklist(tx, engagement.id, asOf))
        .filter((item) => item.mark === 'off')
        .map((item) => ({ what: item.label, reason: item.reason, by: item.markedByName, at: item.markedAt })),
      ...(await listGateSwitches(tx, engagement.id, asOf))
        .filter((one) => one.state === 'off')
        .map((one) => ({
          what: `${one.criterionKey} as a condition for going live`,
          reason: one.reason,
          by: one.switchedByName,
          at: one.at,
        })),
    ],
    evidence: (await askEvidence(tx, engagement.id, asOf)).map(({ content, ...answer }) => ({
      ...answer,
      criterionName: content.name,
    })),
    decisions: (await listDecisionsUntil(tx, engagement.id, asOf)).map((decision) => ({
      seq: decision.seq,
      title: decision.title,
      outcome: decision.outcome,
      decidedBy: decision.decidedByName,
      authority: decision.authority,
      side: decision.side,
      rationale: decision.rationale,
      at: decision.at,
      sha256: decision.subjectHash,
      hash: decision.hash,
    })),
    record: await recordFileContent(tx, {
      organisationId: engagement.clientOrganisationId,
      only: engagement.id,
      until: asOf,
    }),
  }
}
export type DossierContent = Awaited<ReturnType<typeof dossierContent>>

interface Version<Content> {
  readonly version: number
  readonly content: Content
  readonly contentHash: string | null
  readonly agreedAt: Date | null
  readonly endedAt: Date | null
}

function isInForce(version: Version<unknown>, at: Date): boolean {
  return version.agreedAt !== null && version.agreedAt <= at && (version.endedAt === null || version.endedAt > at)
}

function versionFacts<Content>({ version, content, contentHash, agreedAt }: Version<Content>) {
  return { version, sha256: contentHash, agreedAt, content }
}
