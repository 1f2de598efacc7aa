import { tellCallers as tell } from '#app/commands/callers.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { TaskHandler } from '#workers/task.ts'

export const tellCallers: TaskHandler<'tell_callers'> = (payload, shell) =>
  tell(shell, {
    deploymentId: toId<DeploymentId>(payload.deploymentId),
    replacedId: toId<DeploymentId>(payload.replacedId),
    origin: shell.config.publicOrigin,
    now: shell.now(),
  })
