import { criterionLine } from '#app/domain/criterion.ts'
import { DATASET_STATE_WORDS } from '#app/domain/dataset.ts'
import { DELIVERABLE_STATE_WORDS } from '#app/domain/deliverable.ts'
import { SEAT_FUNCTION_WORDS, seatSide } from '#app/domain/engagement.ts'
import type { HandoverFacts } from '#app/domain/handover.ts'
import { EXECUTIVE_ACCESS } from '#app/domain/handover.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { REGISTER_KIND_WORDS, REGISTER_STATE_WORDS } from '#app/domain/register.ts'
import { VERDICT_WORDS } from '#app/domain/verdict.ts'
import { utcDay, utcWords } from '#app/domain/zone.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listDatasetVersions } from '#db/queries/datasets.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { askEvidence } from '#db/queries/evidence.ts'
import { listStandingTokens } from '#db/queries/handovers.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { listRegister } from '#db/queries/registers.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listOpenConditions } from '#db/queries/sign-off-case.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'

/** What the record says of an engagement that is handed over, as of now: what is shared, and nothing of the team's own. */
export async function gatherHandoverFacts(tx: Tx, engagement: EngagementRow, now: Date): Promise<HandoverFacts> {
  const { id } = engagement
  const signOffs = await listSignOffs(tx, id)
  const deliverables = await listDeliverables(tx, id)
  const delivered = (isAccepted: boolean) =>
    deliverables
      .filter(({ state }) => (state === 'accepted') === isAccepted && state !== 'withdrawn')
      .map(
        ({ key, title, state }) =>
          `${key} ${title}${isAccepted ? '' : ` (${DELIVERABLE_STATE_WORDS[state].toLowerCase()})`}`,
      )
  return {
    ...(await liveFacts(tx, id, now)),
    models: (await listModelVersions(tx, id)).map(
      ({ modelName, version, runName }) =>
        `${modelName} version ${String(version)}${runName === null ? '' : `, of the run ${runName}`}`,
    ),
    datasets: (await listDatasetVersions(tx, id)).map(
      ({ name, version, digest, state, retainUntil }) =>
        `${name} version ${String(version)}, digest ${digest}, ${DATASET_STATE_WORDS[state].toLowerCase()}${retainUntil === null ? '' : `, kept until ${retainUntil}`}`,
    ),
    accepted: delivered(true),
    notAccepted: delivered(false),
    registers: (await listRegister(tx, id))
      .filter(({ audience, state }) => audience === 'shared' && !['closed', 'confirmed'].includes(state))
      .map(
        ({ key, kind, title, state, due }) =>
          `${key} ${title} (${REGISTER_KIND_WORDS[kind].one.toLowerCase()}, ${REGISTER_STATE_WORDS[state].toLowerCase()}${due === null ? '' : `, due ${due}`})`,
      ),
    conditions: (await listOpenConditions(tx, id)).map(({ title, text, due }) => `${title}: ${text} (by ${due})`),
    unsigned: signOffs
      .filter(
        ({ state, subjectType }) =>
          (state === 'awaiting_approval' || state === 'collecting_feedback') && subjectType !== 'handover',
      )
      .map(({ title }) => title),
    access: await accessLines(tx, id, now),
    at: now,
  }
}

async function liveFacts(tx: Tx, id: EngagementId, now: Date): Promise<Pick<HandoverFacts, 'endpoints' | 'criteria'>> {
  const answers = await askEvidence(tx, id, now)
  const live = (await listDeployments(tx, id)).filter(({ state }) => state === 'live')
  const agreed = (await listCriterionVersions(tx, id)).filter(({ state }) => state === 'agreed')
  return {
    endpoints: live.map((one) => {
      const signedBy = answers.find((answer) => answer.modelVersionId === one.modelVersionId)?.modelSignedBy ?? null
      const signed = signedBy === null ? 'its version is not signed' : `its version is signed by ${signedBy}`
      return `${one.slug}, revision ${String(one.revision)}: ${one.modelName} version ${String(one.modelVersion)}, live since ${one.liveFrom === null ? '–' : utcWords(one.liveFrom)}; ${signed}`
    }),
    criteria: agreed.map(({ criterionId, key, version, content }) => {
      const said = answers.filter((answer) => answer.criterionId === criterionId)
      const verdicts = said.map(
        ({ slug, verdict, reason }) =>
          ` ${slug}: ${verdict === null ? 'never measured' : `${VERDICT_WORDS[verdict]}. ${reason ?? ''}`}`,
      )
      return `${key} version ${String(version)}, ${content.name}: ${criterionLine(content)}.${verdicts.join('')}`
    }),
  }
}

/** Who of ours can still write here and since when, which tokens still open something, and what nobody's seat gives. */
export async function accessLines(tx: Tx, id: EngagementId, now: Date): Promise<string[]> {
  const seats = (await listSeats(tx, id)).flatMap((seat) =>
    seat.personName === null || seatSide(seat.function) !== 'consultancy'
      ? []
      : [
          `${seat.personName}: the seat “${SEAT_FUNCTION_WORDS[seat.function]}”${seat.heldFrom === null ? '' : ` since ${utcDay(seat.heldFrom)}`}, with the rights to write that it has`,
        ],
  )
  const tokens = (await listStandingTokens(tx, id, now)).map(
    ({ holder, scopes, createdAt, expiresAt }) =>
      `${holder}: a token for ${scopes.join(' and ')}, made ${utcDay(createdAt)}, until ${utcDay(expiresAt)}`,
  )
  return [...seats, ...tokens, EXECUTIVE_ACCESS]
}
