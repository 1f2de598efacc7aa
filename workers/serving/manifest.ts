import { SERVED_FILES } from '#app/commands/models.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { DeploymentWork } from '#db/queries/deployments.ts'
import type { RevisionManifest } from './client.ts'

/** The manifest of a revision, or the sentence that says which stored file is missing or unreadable. */
export async function manifestOf(work: DeploymentWork, blobs: Blobs): Promise<RevisionManifest | string> {
  const digestOf = (name: string) => work.files[name] ?? ''
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await blobs.read(work.engagementId, digestOf(name))))
  try {
    return {
      onnxPath: await blobs.pathOnDisk(work.engagementId, digestOf(SERVED_FILES.onnx)),
      onnxSha256: digestOf(SERVED_FILES.onnx),
      signature: await json(SERVED_FILES.signature),
      example: await json(SERVED_FILES.example),
      expected: await json(SERVED_FILES.expected),
      reference: work.reference,
      order: work.order,
    }
  } catch (error) {
    if (isAppError(error)) return 'A stored file of the model is missing.'
    if (error instanceof SyntaxError) return 'A stored file of the model is not JSON.'
    throw error
  }
}
