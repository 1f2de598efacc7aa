import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { criterionLine } from '#app/domain/criterion.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId, SignOffId } from '#app/domain/ids.ts'
import type { ModelSignOffFacts } from '#app/domain/model-sign-off.ts'
import { MODEL_CONSEQUENCE, modelRows, sendModelRefusal } from '#app/domain/model-sign-off.ts'
import { pageDocument } from '#app/domain/page-document.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { gatherRunFacts, listEvaluations } from '#db/queries/evaluations.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listWaivers } from '#db/queries/gate-waivers.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { findRunAuthor, getRun } from '#db/queries/runs.ts'
import { findStandingSignOff } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { gateOf } from './deployments.ts'
import { engagementHead } from './problems.ts'
import { listSigners, openSignOff } from './sign-offs.ts'

/**
 * Send a registered version for the client's signature, with what is known of it in this moment. Sending is our side's
 * approval; a version that was answered before can be sent again, and the newer signature takes the older one's place.
 * @throws AppError `refused` also while it waits for an answer
 */
export async function sendModelVersion(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; modelVersionId: ModelVersionId; origin: string },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const version = await getModelVersion(tx, engagement.id, input.modelVersionId)
    const signers = await listSigners(tx, engagement, 'model_version')
    const before = await findStandingSignOff(tx, engagement.id, version.id)
    ensure(
      sendModelRefusal(await getStanding(tx, ctx.actor, engagement.id), {
        state: version.state,
        isDeleted: version.deletedAt !== null,
        signOff: before?.state ?? null,
        signerCount: signers.length,
      }),
    )
    ensure(endedRefusal(engagement.state))
    const title = `Model ${version.modelName}, version ${String(version.version)}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'model_version', id: version.id },
      document: canonicalJson(
        pageDocument(engagementHead(engagement), 'model', {
          title,
          rows: modelRows(await gatherModelFacts(tx, engagement.id, { version, now: ctx.now })),
          consequence: MODEL_CONSEQUENCE,
        }),
      ),
      title,
      authorId: version.runId === null ? null : await findRunAuthor(tx, engagement.id, version.runId),
      signers,
      origin: input.origin,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'model_version.sent',
      engagementId: engagement.id,
      subjectId: version.id,
      summary: `${ctx.actor.name} sent “${title}” for signature.`,
      at: ctx.now,
    })
    return signOff.id
  })
}

async function gatherModelFacts(
  tx: Tx,
  engagementId: EngagementId,
  { version, now }: { readonly version: ModelVersionRow; readonly now: Date },
): Promise<ModelSignOffFacts> {
  const { runId } = version
  const verdicts = runId === null ? [] : await listEvaluations(tx, engagementId, { runId })
  const agreed = (await listCriterionVersions(tx, engagementId)).filter(({ state }) => state === 'agreed')
  return {
    name: version.modelName,
    version: version.version,
    source: version.source,
    files: version.files,
    run: runId === null ? null : await runFacts(tx, engagementId, runId),
    criteria: agreed.map(({ id, key, version: number, content, contentHash }) => {
      const judged = verdicts.find((row) => row.criterionVersionId === id)
      return {
        key,
        version: number,
        name: content.name,
        line: criterionLine(content),
        sha256: found(contentHash, 'The signed text'),
        confidence: content.confidence,
        verdict: judged ? { ...judged, kind: judged.verdict } : null,
      }
    }),
    deployments: await listDeployments(tx, engagementId, { modelVersionId: version.id }),
    gate: await gateOf(tx, engagementId, version),
    waivers: (await listWaivers(tx, engagementId, { modelVersionId: version.id })).filter(
      ({ state, expiresAt }) => state === 'active' && expiresAt !== null && expiresAt > now,
    ),
    at: now,
  }
}

async function runFacts(tx: Tx, engagementId: EngagementId, runId: NonNullable<ModelVersionRow['runId']>) {
  const run = await getRun(tx, engagementId, runId)
  const [facts] = await gatherRunFacts(tx, [runId], [])
  return { ...run, inputs: facts?.inputs ?? [] }
}
