import { found } from '#app/domain/errors.ts'

/**
 * Which version a page shows, and which it is compared with: what the address says, else the newest and the one before.
 * @param versions newest first
 * @throws AppError `not_found` when there is no such version
 */
export function pickedVersions<Version extends { readonly version: number }>(
  versions: readonly Version[],
  url: URL,
): { readonly shown: Version; readonly before: Version | null } {
  const asked = Number(url.searchParams.get('version') ?? versions[0]?.version)
  const shown = found(
    versions.find(({ version }) => version === asked),
    'This version',
  )
  const against = Number(url.searchParams.get('against') ?? shown.version - 1)
  return { shown, before: versions.find(({ version }) => version === against && version !== shown.version) ?? null }
}

/** A change of a text with what it means for its signature. */
export function noted<Change extends { readonly isMaterial: boolean }>(change: Change): Change & { note: string } {
  return { ...change, note: change.isMaterial ? 'Material: needs a new signature' : 'Editorial' }
}
