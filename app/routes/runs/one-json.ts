import { found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { notesOf } from '#app/domain/run-note.ts'
import { jsonFile } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { listArtifacts } from '#db/queries/artifacts.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'

export const handle = { policy: 'engagement' }

/** What the page of a run says, for machines. Points by step are a file of their own. */
export const loader = engagementLoader(async ({ tx, engagement, params }) => {
  const row = await getRun(tx, engagement.id, toRunId(params['runId']))
  const { run, ...detail } = found((await loadRunDetails(tx, [row]))[0])
  const versions = await listModelVersions(tx, engagement.id, { runId: run.id })
  return jsonFile(`run-${run.id}.json`, {
    engagement: engagement.code,
    run,
    ...detail,
    notes: notesOf(detail.tags),
    verdicts: await listEvaluations(tx, engagement.id, { runId: run.id }),
    artifacts: await listArtifacts(tx, run.id),
    modelVersions: versions.map(({ modelName, version }) => ({ model: modelName, version })),
  })
})
