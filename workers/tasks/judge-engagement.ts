import { judgeEngagement as judge } from '#app/commands/judging.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Judge every finished run of an engagement again. Safe to repeat: it appends only what changed. */
export const judgeEngagement: TaskHandler<'judge_engagement'> = async (payload, shell) => {
  const engagementId = toId<EngagementId>(payload.engagementId)
  await shell.database.as({}, (tx) => judge(tx, { engagementId, now: shell.now() }))
}
