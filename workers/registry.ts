import type { TaskName } from '#app/domain/tasks.ts'
import type { TaskHandler } from './task.ts'
import { checkRetraining } from './tasks/check-retraining.ts'
import { clearEndedUpload } from './tasks/clear-upload.ts'
import { answerBatch } from './tasks/answer-batch.ts'
import { compactMetrics } from './tasks/compact-metrics.ts'
import { deployModel } from './tasks/deploy-model.ts'
import { eraseDataset } from './tasks/erase-dataset.ts'
import { judgeEngagement } from './tasks/judge-engagement.ts'
import { profileDeployment } from './tasks/profile-deployment.ts'
import { runNextJob } from './tasks/run-next-job.ts'
import { sendMail } from './tasks/send-mail.ts'
import { settleSignOff } from './tasks/settle-sign-off.ts'
import { signCheckpoint } from './tasks/sign-checkpoint.ts'
import { sweep } from './tasks/sweep-storage.ts'
import { tellCallers } from './tasks/tell-callers.ts'

/** Task name to handler. Does not compile while one is missing. */
export const REGISTRY: { readonly [Name in TaskName]: TaskHandler<Name> } = {
  run_next_job: runNextJob,
  judge_engagement: judgeEngagement,
  check_retraining: checkRetraining,
  deploy_model: deployModel,
  tell_callers: tellCallers,
  profile_deployment: profileDeployment,
  compact_metrics: compactMetrics,
  sign_checkpoint: signCheckpoint,
  settle_sign_off: settleSignOff,
  erase_dataset: eraseDataset,
  clear_upload: clearEndedUpload,
  sweep_storage: sweep,
  answer_batch: answerBatch,
  send_mail: sendMail,
}
