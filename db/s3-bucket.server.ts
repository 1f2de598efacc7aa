import { z } from 'zod'
import { AppError } from '#app/domain/errors.ts'

/** Where artifacts are kept when it is not the data folder. */
export interface Bucket {
  readonly name: string
  /** Before every key; empty, or ends with a slash. */
  readonly prefix: string
  /** Null for Amazon's own. */
  readonly endpoint: string | null
  readonly region: string
  /** The bucket stands in the path, not in the host name. */
  readonly isPathStyle: boolean
  /** What copies on the local disk may take. */
  readonly cacheBytes: number
}

/** 10 GiB. */
const CACHE_BYTES_DEFAULT = 10 * 1_073_741_824

/** What says where artifacts are kept, and who may reach them there. Credentials are read by the AWS SDK itself. */
export const STORE_VARIABLES = [
  ...['ARTIFACT_STORE', 'ARTIFACT_CACHE_BYTES', 'S3_ENDPOINT', 'S3_PATH_STYLE', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_CONFIG_FILE'],
  ...['AWS_SHARED_CREDENTIALS_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...[
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  ],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', 'AWS_EC2_METADATA_DISABLED'],
]

export const StoreEnvironment = z.object({
  ARTIFACT_STORE: z.string().optional(),
  ARTIFACT_CACHE_BYTES: z.string().optional(),
  S3_ENDPOINT: z.string().optional(),
  S3_PATH_STYLE: z.string().optional(),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
})

/** @returns null for the data folder @throws AppError `invalid` naming the variable that is wrong */
export function bucketOf(environment: z.infer<typeof StoreEnvironment>): Bucket | null {
  const text = (name: keyof typeof environment) => environment[name]?.trim() || null
  const store = text('ARTIFACT_STORE')
  if (store === null) return null
  const [, name, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(store) ?? []
  const segments = prefix.split('/').filter((segment) => segment !== '')
  if (name === undefined || segments.some((segment) => /^\.+$/.test(segment)))
    throw new AppError('invalid', `ARTIFACT_STORE must be s3://BUCKET or s3://BUCKET/PREFIX, not “${store}”.`)
  const endpoint = endpointOf(text('S3_ENDPOINT'))
  const region = text('AWS_REGION') ?? text('AWS_DEFAULT_REGION') ?? (endpoint === null ? null : 'us-east-1')
  if (region === null)
    throw new AppError('invalid', 'ARTIFACT_STORE needs AWS_REGION, such as eu-central-1, or S3_ENDPOINT.')
  const style = text('S3_PATH_STYLE') ?? (endpoint === null ? 'off' : 'on')
  if (style !== 'on' && style !== 'off')
    throw new AppError('invalid', `S3_PATH_STYLE must be on or off, not “${style}”.`)
  const cache = text('ARTIFACT_CACHE_BYTES') ?? String(CACHE_BYTES_DEFAULT)
  if (!/^\d{1,15}$/.test(cache))
    throw new AppError('invalid', `ARTIFACT_CACHE_BYTES must be a whole number, not “${cache}”.`)
  return {
    name,
    prefix: segments.map((segment) => `${segment}/`).join(''),
    endpoint,
    region,
    isPathStyle: style === 'on',
    cacheBytes: Number(cache),
  }
}

function endpointOf(given: string | null): string | null {
  if (given === null) return null
  const url = URL.canParse(given) ? new URL(given) : null
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') return url.href
  // The value may hold a password: it is not repeated.
  throw new AppError('invalid', 'S3_ENDPOINT must be an address such as https://s3.example.org, without a password.')
}

/** Said by people and in messages: `s3://bucket/prefix/`. */
export function bucketWords(bucket: Bucket): string {
  return `s3://${bucket.name}/${bucket.prefix}`
}
