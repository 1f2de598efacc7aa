import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { JobState } from './job.ts'
import { line, prose } from './text.ts'

/** What a version is, told by its build: it can be run in when the build succeeded, and never otherwise. */
export const ENVIRONMENT_STATES = ['building', 'ready', 'failed'] as const
export type EnvironmentState = (typeof ENVIRONMENT_STATES)[number]

export const ENVIRONMENT_STATE_WORDS: Readonly<Record<EnvironmentState, string>> = {
  building: 'Building',
  ready: 'Ready',
  failed: 'Build failed',
}

/** The state of a version whose latest build is in a state. A build that succeeded is the latest for good. */
export function environmentState(build: JobState): EnvironmentState {
  if (build === 'succeeded') return 'ready'
  return build === 'queued' || build === 'running' ? 'building' : 'failed'
}

/** Tags of a run that name what it ran in: in words, and by the SHA-256 of the lock file. */
export const ENVIRONMENT_TAG = 'throughline.environment'
export const ENVIRONMENT_DIGEST_TAG = 'throughline.environment.sha256'
/** What the tags of a run say that it ran in; null when they do not. */
export function environmentOf(
  tags: readonly { readonly key: string; readonly value: string }[],
): { readonly name: string; readonly sha256: string } | null {
  const tagOf = (key: string) => tags.find((tag) => tag.key === key)?.value
  const [name, sha256] = [tagOf(ENVIRONMENT_TAG), tagOf(ENVIRONMENT_DIGEST_TAG)]
  return name === undefined || sha256 === undefined ? null : { name, sha256 }
}

/** The name of the environment that is there without a build: the interpreter and its standard library. */
export const BUILT_IN = 'Built-in'

/** A build that takes longer is stopped, in seconds. */
export const BUILD_TIMEOUT_SECONDS = 180
export const PACKAGES_MAX = 100
/** The packed wheels of one version together, in bytes. */
export const WHEELS_BYTES_MAX = 24 * 1_048_576

/** What the name of a wheel's file says of it (PEP 427). */
export interface Wheel {
  /** As PEP 503 normalises it. */
  readonly name: string
  readonly version: string
  readonly fileName: string
}

export interface LockedPackage extends Wheel {
  readonly sha256: string
}

/** PEP 503: one name for a package, however it is written. */
export function packageName(written: string): string {
  return written.toLowerCase().replace(/[-_.]+/g, '-')
}

/**
 * Read the name of a wheel's file: `name-version(-build)-python-abi-platform.whl`.
 * @returns a sentence when it is none, or one that the interpreter cannot import: it takes pure Python only
 */
export function parseWheelName(fileName: string): Wheel | string {
  const parts = /^[\w.!+-]{1,200}\.whl$/.test(fileName) ? fileName.slice(0, -4).split('-') : []
  const [name = '', version = ''] = parts
  const isNamed = /^[A-Za-z0-9](?:[\w.]*[A-Za-z0-9])?$/.test(name) && /^\d[\w.!+]{0,63}$/.test(version)
  if (!isNamed || parts.length < 5 || parts.length > 6)
    return `${fileName.slice(0, 100)} is not named as a wheel is: name-version-python-abi-platform.whl.`
  const [python = '', abi, platform] = parts.slice(-3)
  const isPure = abi === 'none' && platform === 'any' && python.split('.').some((tag) => /^py3\d*$/.test(tag))
  if (!isPure)
    return `${fileName} holds compiled code or is for another Python. Bring the wheel whose name ends in py3-none-any.whl.`
  return { name: packageName(name), version, fileName }
}

/**
 * The packages of the next version: those that are kept, and the new ones, which replace what has their name.
 * @returns by name; a sentence when they cannot be a version
 */
export function nextPackages<Package extends Wheel>(
  kept: readonly Package[],
  added: readonly Package[],
): readonly Package[] | string {
  const twice = added.find((one, index) => added.findIndex(({ name }) => name === one.name) !== index)
  if (twice) return `There are two wheels of ${twice.name}. Choose one.`
  const names = new Set(added.map(({ name }) => name))
  const all = [...kept.filter(({ name }) => !names.has(name)), ...added]
  if (all.length === 0) return 'Choose at least one wheel: without any it would be the built-in environment.'
  if (all.length > PACKAGES_MAX) return `A version may have at most ${String(PACKAGES_MAX)} packages.`
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether two lists of packages are the same bytes under the same names. */
export function isSameLock(one: readonly LockedPackage[], other: readonly LockedPackage[]): boolean {
  const lines = (packages: readonly LockedPackage[]) => packages.map(lockLine).sort().join('\n')
  return lines(one) === lines(other)
}

/**
 * The lock as a file that pip reads (`pip install --require-hashes -r`): the interpreter, then each package with its
 * version and the SHA-256 of its wheel, by name. Its own SHA-256 names the environment.
 */
export function lockFile(interpreter: string, packages: readonly LockedPackage[]): string {
  return [`# ${interpreter}`, ...packages.map(lockLine).sort(), ''].join('\n')
}

function lockLine({ name, version, sha256 }: LockedPackage): string {
  return `${name}==${version} --hash=sha256:${sha256}`
}

/** Why a run cannot start in a version. @param interpreter what the executor has now */
export function pinRefusal(
  version: { readonly label: string; readonly state: EnvironmentState; readonly interpreter: string },
  interpreter: string,
): Refusal | null {
  if (version.state !== 'ready') return { reason: `${version.label} is not ready: ${stateWords(version.state)}.` }
  return version.interpreter === interpreter
    ? null
    : {
        reason: `${version.label} was built for ${version.interpreter}; jobs run on ${interpreter} now. Build a new version of it and choose that.`,
      }
}

function stateWords(state: EnvironmentState): string {
  return state === 'building' ? 'it is still being built' : 'its build failed'
}

/** A version is built once: what succeeded stays, and what is on its way is waited for. */
export function rebuildRefusal(state: EnvironmentState): Refusal | null {
  switch (state) {
    case 'ready':
      return { reason: 'This version is built, and a version never changes. Make a new one.' }
    case 'building':
      return { reason: 'This version is being built already.' }
    case 'failed':
      return null
    default:
      return state satisfies never
  }
}

/** Why an environment cannot have a name: one that people read as the same, however it is spaced and capitalised, is taken. */
export function nameRefusal(name: string, taken: readonly string[]): Refusal | null {
  const read = (written: string) =>
    written
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s_-]+/g, '-')
  const other = [BUILT_IN, ...taken].find((one) => read(one) === read(name))
  if (other === undefined) return null
  return other === BUILT_IN
    ? { reason: 'This is what the environment that is there without a build is called. Choose another name.' }
    : { reason: `There is an environment called ${other}. Make a new version of it, or choose another name.` }
}

/** `1 package`, `12 packages` */
export function packageWords(count: number): string {
  return `${String(count)} ${count === 1 ? 'package' : 'packages'}`
}

/** `name v3` */
export function environmentLabel(name: string, number: number): string {
  return `${name} v${String(number)}`
}

const requestKey = z.uuid('Open the page again.')
const note = prose(500, 'What changed')

export const EnvironmentForm = z.looseObject({
  name: line(80, 'A name'),
  summary: prose(500, 'What it is for').default(''),
  requestKey,
})

/** A field for each package that stays: `keep:<name>`, ticked. */
export const EnvironmentVersionForm = z.looseObject({ note: note.default(''), requestKey })

/** The names of the packages that a form keeps. */
export function keptNames(form: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set(Object.keys(form).flatMap((key) => (key.startsWith('keep:') ? [key.slice('keep:'.length)] : [])))
}
