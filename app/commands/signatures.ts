import type { EngagementId } from '#app/domain/ids.ts'
import type { SignatureChange } from '#app/domain/openapi.ts'
import { PlainSignature, signatureChanges } from '#app/domain/openapi.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { SERVED_FILES } from './models.ts'

type Signed = Pick<ModelVersionRow, 'files'>

/** What callers of a live version would notice when another one took its place; nothing when either has no signature. */
export async function changesForCallers(
  blobs: Blobs,
  engagementId: EngagementId,
  versions: { readonly before: Signed; readonly after: Signed },
): Promise<SignatureChange[]> {
  const before = await signatureOf(blobs, engagementId, versions.before)
  const after = await signatureOf(blobs, engagementId, versions.after)
  return before && after ? signatureChanges(before, after) : []
}

/** What a model version takes and gives; null when it does not say so in our form. */
export async function signatureOf(
  blobs: Blobs,
  engagementId: EngagementId,
  version: Signed,
): Promise<PlainSignature | null> {
  const digest = version.files[SERVED_FILES.signature]
  if (digest === undefined) return null
  try {
    const text = new TextDecoder().decode(await blobs.read(engagementId, digest))
    return PlainSignature.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
