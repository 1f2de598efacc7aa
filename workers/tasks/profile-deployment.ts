import type { DriftReference } from '#app/domain/drift.ts'
import { referenceOf } from '#app/domain/drift.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { readCsvRows } from '#db/csv-rows.server.ts'
import { findDeploymentWork, findTestData, saveDriftReference } from '#db/queries/deployments.ts'
import { loadRevision, predictRows } from '#workers/serving/client.ts'
import { manifestOf } from '#workers/serving/manifest.ts'
import { Signature } from '#workers/serving/protocol.ts'
import type { TaskHandler } from '#workers/task.ts'

const ROWS_MAX = 20_000
const ROWS_AT_ONCE = 2000

/**
 * Spread the data on which a model was measured, and its scores there, over bins: what live traffic is compared with.
 * Safe to repeat. A model whose data is not stored here has no reference, and its drift is unknown.
 */
export const profileDeployment: TaskHandler<'profile_deployment'> = async (payload, shell) => {
  const id = toId<DeploymentId>(payload.deploymentId)
  const found = await shell.database.as({}, async (tx) => {
    const work = await findDeploymentWork(tx, id)
    const data = work?.runId == null ? null : await findTestData(tx, work.runId)
    return work && data && work.reference === null ? { work, data } : null
  })
  if (!found) return
  const { work, data } = found
  const manifest = await manifestOf(work, shell.blobs)
  if (typeof manifest === 'string') return
  const { inputs } = Signature.parse(manifest.signature)
  const csv = await shell.blobs.read(work.engagementId, data.sha256)
  const rows = (await readCsvRows(csv, ROWS_MAX)).map((row) =>
    Object.fromEntries(
      inputs.map(({ name, type }) => {
        const text = row[name] ?? ''
        return [name, type === 'string' ? text : text === '' || Number.isNaN(Number(text)) ? null : Number(text)]
      }),
    ),
  )
  const usable = rows.filter((row) =>
    inputs.every(
      ({ name, type, required }) => !required || (type === 'string' ? row[name] !== '' : row[name] !== null),
    ),
  )
  if (usable.length === 0) return
  const scores: number[] = []
  for (let at = 0; at < usable.length; at += ROWS_AT_ONCE) {
    const answers = await predictRows(shell.config.serving, id, usable.slice(at, at + ROWS_AT_ONCE))
    scores.push(...answers.filter((score): score is number => typeof score === 'number'))
  }
  const reference: DriftReference = {
    datasetName: data.name,
    rows: usable.length,
    inputs: Object.fromEntries(inputs.map(({ name }) => [name, referenceOf(usable.map((row) => row[name] ?? null))])),
    scores: referenceOf(scores),
  }
  await shell.database.as({}, (tx) => saveDriftReference(tx, id, reference))
  await loadRevision(shell.config.serving, id, { ...manifest, reference })
}
