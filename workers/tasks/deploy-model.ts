import { beginDeployment, failDeployment, goLive } from '#app/commands/deployment-execution.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeploymentWork } from '#db/queries/deployments.ts'
import { loadRevision, whileServingReturns } from '#workers/serving/client.ts'
import { untilStored } from '#workers/jobs/until-stored.ts'
import { manifestOf } from '#workers/serving/manifest.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'
import { PATIENCE_MS } from '#workers/task.ts'

/** How long a deployment waits for an engine that is away, such as one that is being started again. */
const AWAY_MS_MAX = 20_000
const AGAIN_MS = 1000

/**
 * Bring a revision up, let it reproduce its stored example, then switch. Safe to repeat. One that nobody could bring up for
 * so long has failed: while it is on its way, nobody can go back at its endpoint.
 */
export const deployModel: TaskHandler<'deploy_model'> = async (payload, shell) => {
  const work = await beginDeployment(shell.database, toId<DeploymentId>(payload.deploymentId))
  if (!work) return
  try {
    await bringUp(work, shell)
  } catch (error) {
    const isLate = shell.now().getTime() - work.requestedAt.getTime() > PATIENCE_MS
    if (!isLate || shell.signal.aborted) throw error
    await failDeployment(shell.database, work, 'The model server did not answer. Deploy it again.', shell.now())
  }
}

async function bringUp(work: DeploymentWork, shell: TaskShell): Promise<void> {
  const manifest = await manifestOf(work, shell.blobs)
  if (typeof manifest === 'string') {
    await failDeployment(shell.database, work, manifest, shell.now())
    return
  }
  const deadline = performance.now() + AWAY_MS_MAX
  const load = () => whileServingReturns(() => loadRevision(shell.config.serving, work.id, manifest), shell.signal)
  let answer = await load()
  while ('failure' in answer && answer.isAway && performance.now() < deadline) {
    await sleep(AGAIN_MS, null, { signal: shell.signal })
    answer = await load()
  }
  const settled = answer
  await untilStored(() =>
    'failure' in settled
      ? failDeployment(shell.database, work, settled.failure, shell.now())
      : goLive(shell.database, work, settled.probe, shell.now()),
  )
}
