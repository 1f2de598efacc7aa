import { z } from 'zod'

/** Queue contracts: task name to the shape of its payload. Payloads carry ids, never rows. */
export const TASKS = {
  /** Run whichever waiting job is next by fair share; one is put on the queue for each attempt of a job. */
  run_next_job: z.object({}),
  judge_engagement: z.object({ engagementId: z.string() }),
  profile_deployment: z.object({ deploymentId: z.string() }),
  /** Look at the data of a retraining, and start its training when it fits. */
  check_retraining: z.object({ retrainingId: z.string() }),
  deploy_model: z.object({ deploymentId: z.string() }),
  /** Of a change that breaks what they send. */
  tell_callers: z.object({ deploymentId: z.string(), replacedId: z.string() }),
  /** Of one run, or of every run whose log has grown long. */
  compact_metrics: z.object({ runId: z.string().optional() }),
  sign_checkpoint: z.object({ organisationId: z.string() }),
  settle_sign_off: z.object({ signOffId: z.string() }),
  /** Remove bytes of a dataset that must not be kept, unless something else holds them. */
  erase_dataset: z.object({ datasetVersionId: z.string(), sha256: z.string() }),
  /** Remove the parts of an upload that ended. */
  clear_upload: z.object({ uploadId: z.string() }),
  /** Remove what nothing names. */
  sweep_storage: z.object({}),
  /** Answer every row of a file. */
  answer_batch: z.object({ batchId: z.string() }),
  send_mail: z.object({ mailId: z.string() }),
} as const

export type TaskName = keyof typeof TASKS
export const TASK_NAMES = Object.keys(TASKS) as TaskName[] // its keys are exactly these
export type TaskPayload<Name extends TaskName> = z.infer<(typeof TASKS)[Name]>
