import { SERVED_FILES } from '#app/commands/models.ts'
import { beginDeployment, failDeployment, goLive } from '#app/commands/deployment-execution.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { DeploymentWork } from '#db/queries/deployments.ts'
import type { RevisionManifest } from '#workers/serving/client.ts'
import { loadRevision } from '#workers/serving/client.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'

/** Bring a revision up, let it reproduce its stored example, then switch. Safe to repeat. */
export const deployModel: TaskHandler<'deploy_model'> = async (payload, shell) => {
  const work = await beginDeployment(shell.database, toId<DeploymentId>(payload.deploymentId))
  if (!work) return
  const manifest = await manifestOf(work, shell)
  if (typeof manifest === 'string') {
    await failDeployment(shell.database, work, manifest, shell.now())
    return
  }
  const answer = await loadRevision(shell.config.serving, work.id, manifest)
  if ('failure' in answer) await failDeployment(shell.database, work, answer.failure, shell.now())
  else await goLive(shell.database, work, answer.probe, shell.now())
}

/** The manifest, or the sentence that says which stored file is missing or unreadable. */
async function manifestOf(work: DeploymentWork, shell: TaskShell): Promise<RevisionManifest | string> {
  const digestOf = (name: string) => work.files[name] ?? ''
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await shell.blobs.read(work.engagementId, digestOf(name))))
  try {
    return {
      onnxPath: shell.blobs.relativePath(work.engagementId, digestOf(SERVED_FILES.onnx)),
      onnxSha256: digestOf(SERVED_FILES.onnx),
      signature: await json(SERVED_FILES.signature),
      example: await json(SERVED_FILES.example),
      expected: await json(SERVED_FILES.expected),
    }
  } catch (error) {
    if (isAppError(error)) return 'A stored file of the model is missing.'
    if (error instanceof SyntaxError) return 'A stored file of the model is not JSON.'
    throw error
  }
}
