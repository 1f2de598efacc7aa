import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { loggedModelId } from '#app/domain/logged-model.ts'
import { isStorable } from '#app/domain/text.ts'

const PATH_LENGTH_MAX = 1000

/** Whose file, and its path: a key of the database, never a path on disk. */
export interface ArtifactPlace {
  readonly experimentId: number
  readonly owner: { readonly kind: 'run'; readonly id: RunId } | { readonly kind: 'model'; readonly id: string }
  /** Empty for the root of the owner's files. */
  readonly path: string
}

/**
 * Read `<experiment>/<run>/artifacts/<path…>` or `<experiment>/models/<model>/artifacts/<path…>`.
 * @param segments decoded once, and never again
 * @throws AppError `invalid` for anything that is no plain path
 */
export function artifactPlace(segments: readonly string[]): ArtifactPlace {
  const parts = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  const [experiment = '', ...rest] = parts
  if (!/^\d{1,15}$/.test(experiment)) throw invalidPath()
  const isModel = rest[0] === 'models'
  const [id, word, ...below] = isModel ? rest.slice(1) : rest
  if (word !== 'artifacts') throw invalidPath()
  const path = checkedPath(below)
  const experimentId = Number(experiment)
  return isModel
    ? { experimentId, owner: { kind: 'model', id: loggedModelId(id ?? '') }, path }
    : { experimentId, owner: { kind: 'run', id: toRunId(id?.slice(0, 100)) }, path }
}

/** A folder as a query names it; a slash at its end says nothing. @throws AppError `invalid` */
export function folderOf(path: string): string {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path
  return trimmed === '' ? '' : checkedPath(trimmed.split('/'))
}

function checkedPath(segments: readonly string[]): string {
  const path = segments.join('/')
  if (path.length > PATH_LENGTH_MAX || !segments.every(isPlain)) throw invalidPath()
  return path
}

function isPlain(segment: string): boolean {
  return (
    segment !== '' &&
    segment !== '.' &&
    segment !== '..' &&
    !/[/\\]/.test(segment) &&
    isStorable(segment) &&
    !hasControl(segment)
  )
}

function hasControl(text: string): boolean {
  return [...text].some((char) => char < ' ' || char === '\u007f')
}

/** Split a path as it stands in a URL, and decode each part once. @throws AppError `invalid` */
export function decodedSegments(path: string): string[] {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch (error) {
    throw new AppError('invalid', 'Invalid path', { cause: error })
  }
}

function invalidPath(): AppError {
  return new AppError('invalid', 'Invalid path')
}
