import { z } from 'zod'
import { EngineNames } from '#app/domain/serving-engine.ts'
import { QUOTA_BYTES_DEFAULT } from '#db/blobs.server.ts'
import { bucketOf, StoreEnvironment } from '#db/s3-bucket.server.ts'

const onOff = z.enum(['on', 'off']).default('off')
const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((part) => part.trim() || []))

const Environment = StoreEnvironment.extend({
  WEB_DATABASE_URL: z.string().min(1),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  PUBLIC_ORIGIN: z.url(),
  ALLOWED_HOSTS: list,
  TRUST_PROXY: onOff,
  DATA_DIR: z.string().min(1),
  SERVING_URL: z.url(),
  SERVING_SECRET: z.string().min(16),
  SERVING_ENGINES: EngineNames,
  INSTANCE_SECRET: z.string().min(16),
  MAIL_DELIVERY: z.enum(['smtp', 'outbox']).default('outbox'),
  ARTIFACT_QUOTA_BYTES: z.coerce.number().int().min(0).default(QUOTA_BYTES_DEFAULT),
  METRICS_TOKEN: z.string().min(16).optional(),
  WEB_CONNECTIONS: z.coerce.number().int().min(2).max(200).default(16),
})

/** The web process's environment, parsed once. @throws ZodError that names what is missing */
export function readWebConfig() {
  const env = Environment.parse(process.env)
  return {
    databaseUrl: env.WEB_DATABASE_URL,
    connectionsMax: env.WEB_CONNECTIONS,
    host: env.HOST,
    port: env.PORT,
    publicOrigin: new URL(env.PUBLIC_ORIGIN).origin,
    allowedHosts: env.ALLOWED_HOSTS,
    /** The last address of X-Forwarded-For is the peer. */
    isBehindProxy: env.TRUST_PROXY === 'on',
    dataDir: env.DATA_DIR,
    /** Null: artifacts are kept in the data folder. */
    bucket: bucketOf(env),
    serving: { url: env.SERVING_URL, secret: env.SERVING_SECRET },
    servingEngines: env.SERVING_ENGINES,
    instanceSecret: env.INSTANCE_SECRET,
    mailDelivery: env.MAIL_DELIVERY,
    metricsToken: env.METRICS_TOKEN ?? null,
    /** What each engagement's files may take when nobody set a limit of its own. */
    quotaBytes: env.ARTIFACT_QUOTA_BYTES,
  }
}

export type WebConfig = ReturnType<typeof readWebConfig>
