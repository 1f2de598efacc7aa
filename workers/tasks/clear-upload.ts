import { clearUpload } from '#app/commands/storage.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Remove the parts of an upload that ended. Safe to repeat: what is gone is gone. */
export const clearEndedUpload: TaskHandler<'clear_upload'> = ({ uploadId }, shell) => clearUpload(shell, uploadId)
