import net from 'node:net'
import path from 'node:path'
import { AppError } from '#app/domain/errors.ts'
import type { Bucket } from '#db/s3-bucket.server.ts'
import { bucketOf, STORE_VARIABLES } from '#db/s3-bucket.server.ts'
import { EngineNames, SERVING_ENGINES } from '#app/domain/serving-engine.ts'
import { StartRefused } from './refused.ts'

/** What the person who starts us may choose, checked. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  /** null: the packaged PostgreSQL. */
  readonly databaseUrl: string | null
  /** Where people reach us. */
  readonly publicOrigin: string
  /** Where processes of this machine reach the web process. */
  readonly localOrigin: string
  readonly allowedHosts: readonly string[]
  readonly isBehindProxy: boolean
  /** null: mail stays in the outbox. */
  readonly smtpUrl: string | null
  readonly mailFrom: string | null
  /** null: the web process's own default. */
  readonly quotaBytes: string | null
  /** null: artifacts are kept in the data folder. */
  readonly bucket: Bucket | null
  /** Handed as given to whoever reads and writes artifacts. */
  readonly store: Readonly<Record<string, string>>
  /** null: no door for Prometheus. */
  readonly metricsToken: string | null
  readonly isDemo: boolean
  /** Names with commas between; the first is what the form of a deployment starts with. */
  readonly servingEngines: string
  /** How engines of containers are reached, as given; their own client reads it. */
  readonly engine: Readonly<Record<string, string>>
  /** Handed to the worker as given: how it runs jobs. The worker checks it. */
  readonly worker: Readonly<Record<string, string>>
  /** What every process needs to find its programs, certificates and time zone. */
  readonly surroundings: Readonly<Record<string, string>>
}

const WORKER = ['EXECUTOR', 'DOCKER_IMAGE', 'WORKER_CONCURRENCY', 'WORKER_DRAIN_SECONDS']
const ENGINE = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'SWARM_REGISTRY']
const SURROUNDINGS = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']

/** Which Node runs us is for us to say, not for the SDK at every start. */
export const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

/** @throws StartRefused naming the variable that is wrong */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])))
  const text = (name: string) => environment[name]?.trim() || null
  const host = text('HOST') ?? '127.0.0.1'
  if (net.isIP(host) === 0 && host !== 'localhost') {
    throw new StartRefused(`HOST must be an address of this machine such as 127.0.0.1 or 0.0.0.0, not “${host}”.`)
  }
  const port = Number(text('PORT') ?? '3000')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StartRefused(`PORT must be a whole number from 1 to 65535, not “${text('PORT')}”.`)
  }
  const localOrigin = localOriginOf(host, port)
  return {
    host,
    port,
    dataDir: path.resolve(text('DATA_DIR') ?? '.data'),
    databaseUrl: url('DATABASE_URL', text('DATABASE_URL'), ['postgres:', 'postgresql:']),
    publicOrigin: origin(text('PUBLIC_ORIGIN')) ?? localOrigin,
    localOrigin,
    allowedHosts: [new URL(localOrigin).host, ...hosts(text('ALLOWED_HOSTS'))],
    isBehindProxy: isOn('TRUST_PROXY', text('TRUST_PROXY'), false),
    smtpUrl: url('SMTP_URL', text('SMTP_URL'), ['smtp:', 'smtps:']),
    mailFrom: text('MAIL_FROM'),
    quotaBytes: wholeNumber('ARTIFACT_QUOTA_BYTES', text('ARTIFACT_QUOTA_BYTES')),
    ...storeOf(environment, given(STORE_VARIABLES)),
    metricsToken: secret('METRICS_TOKEN', text('METRICS_TOKEN')),
    isDemo: isOn('DEMO', text('DEMO'), true),
    servingEngines: engines(text('SERVING_ENGINES')),
    engine: given(ENGINE),
    worker: given(WORKER),
    surroundings: given(SURROUNDINGS),
  }
}

function storeOf(environment: Readonly<Record<string, string | undefined>>, store: Readonly<Record<string, string>>) {
  try {
    const bucket = bucketOf(environment)
    return { bucket, store: bucket === null ? {} : { ...store, ...QUIET } }
  } catch (error) {
    throw error instanceof AppError ? new StartRefused(error.message) : error
  }
}

function engines(given: string | null): string {
  const names = EngineNames.safeParse(given ?? undefined)
  if (names.success) return names.data.join(',')
  throw new StartRefused(
    `SERVING_ENGINES must name each of ${SERVING_ENGINES.join(', ')} at most once, with commas between, not “${given ?? ''}”.`,
  )
}

function secret(name: string, given: string | null): string | null {
  if (given !== null && given.length < 16)
    throw new StartRefused(`${name} must have at least 16 characters: it keeps strangers out.`)
  return given
}

/** An address for all interfaces is no address to call. */
function localOriginOf(host: string, port: number): string {
  if (['0.0.0.0', '::', 'localhost'].includes(host)) return `http://127.0.0.1:${port}`
  return new URL(`http://${net.isIPv6(host) ? `[${host}]` : host}:${port}`).origin
}

function url(name: string, given: string | null, schemes: readonly string[]): string | null {
  if (given === null) return null
  if (URL.canParse(given) && schemes.includes(new URL(given).protocol)) return given
  // The value may hold a password: it is not repeated.
  throw new StartRefused(
    `${name} must begin with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and be a whole URL.`,
  )
}

function origin(given: string | null): string | null {
  if (given === null) return null
  const parsed = URL.canParse(given) ? new URL(given) : null
  const isOrigin = parsed && /^https?:$/.test(parsed.protocol) && parsed.pathname === '/' && parsed.search === ''
  if (isOrigin && parsed.username === '') return parsed.origin
  throw new StartRefused(`PUBLIC_ORIGIN must be an address such as https://portal.example.org, not “${given}”.`)
}

function hosts(given: string | null): string[] {
  const listed = (given ?? '').split(',').flatMap((host) => host.trim().toLowerCase() || [])
  const wrong = listed.find((host) => !URL.canParse(`http://${host}`) || /[/@?#\s]/.test(host))
  if (wrong)
    throw new StartRefused(
      `ALLOWED_HOSTS must be hosts with commas between, such as portal.example.org, not “${wrong}”.`,
    )
  return listed
}

function wholeNumber(name: string, given: string | null): string | null {
  if (given === null || (/^\d+$/.test(given) && Number.isSafeInteger(Number(given)))) return given
  throw new StartRefused(`${name} must be a whole number, not “${given}”.`)
}

function isOn(name: string, given: string | null, otherwise: boolean): boolean {
  if (given === null) return otherwise
  if (given === 'on' || given === 'off') return given === 'on'
  throw new StartRefused(`${name} must be on or off, not “${given}”.`)
}
