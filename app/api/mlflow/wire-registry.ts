import { MODEL_STAGES } from '#app/domain/registry.ts'
import type { ModelRow, ModelVersionRow } from '#db/queries/models.ts'
import { unlessEmpty } from './wire.ts'

/** What MLflow's registry says of models and versions. */

/** @param versions newest first */
export function wireModel(row: ModelRow, versions: readonly ModelVersionRow[] = []) {
  return {
    name: row.name,
    creation_timestamp: row.createdAt.getTime(),
    last_updated_timestamp: row.updatedAt.getTime(),
    ...(row.description === '' ? {} : { description: row.description }),
    ...unlessEmpty('latest_versions', latestByStage(versions).map(wireModelVersion)),
    ...unlessEmpty('tags', row.tags),
    ...unlessEmpty(
      'aliases',
      row.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  }
}

/** The newest version of each stage. @param versions newest first */
export function latestByStage(versions: readonly ModelVersionRow[]): ModelVersionRow[] {
  return MODEL_STAGES.flatMap((stage) => versions.find((version) => version.stage === stage) ?? [])
}

export function wireModelVersion(row: ModelVersionRow) {
  return {
    name: row.modelName,
    version: String(row.version),
    creation_timestamp: row.createdAt.getTime(),
    last_updated_timestamp: row.updatedAt.getTime(),
    user_id: row.userName,
    current_stage: row.stage,
    description: row.description,
    source: row.source,
    ...(row.runId === null && row.saidRunId === '' ? {} : { run_id: row.runId ?? row.saidRunId }),
    ...(row.loggedModelId === null ? {} : { model_id: row.loggedModelId }),
    status: row.state === 'ready' ? 'READY' : row.state === 'pending' ? 'PENDING_REGISTRATION' : 'FAILED_REGISTRATION',
    ...unlessEmpty('tags', row.tags),
    ...unlessEmpty('aliases', row.aliases),
  }
}
