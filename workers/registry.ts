import type { TaskName } from '#app/domain/tasks.ts'
import type { TaskHandler } from './task.ts'
import { compactMetrics } from './tasks/compact-metrics.ts'
import { deployModel } from './tasks/deploy-model.ts'
import { eraseDataset } from './tasks/erase-dataset.ts'
import { judgeEngagement } from './tasks/judge-engagement.ts'
import { runJob } from './tasks/run-job.ts'
import { sendMail } from './tasks/send-mail.ts'
import { settleSignOff } from './tasks/settle-sign-off.ts'
import { signCheckpoint } from './tasks/sign-checkpoint.ts'

/** Task name to handler. Does not compile while one is missing. */
export const REGISTRY: { readonly [Name in TaskName]: TaskHandler<Name> } = {
  run_job: runJob,
  judge_engagement: judgeEngagement,
  deploy_model: deployModel,
  compact_metrics: compactMetrics,
  sign_checkpoint: signCheckpoint,
  settle_sign_off: settleSignOff,
  erase_dataset: eraseDataset,
  send_mail: sendMail,
}
