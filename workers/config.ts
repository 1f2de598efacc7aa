import { z } from 'zod'
import { bucketOf, StoreEnvironment } from '#db/s3-bucket.server.ts'
import { instanceName } from './instance-name.ts'

const Environment = StoreEnvironment.extend({
  WORKER_DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string(),
  DATA_DIR: z.string(),
  TRACKING_URL: z.url(),
  /** Where people reach the portal, for links in mails. */
  PUBLIC_ORIGIN: z.url(),
  SERVING_URL: z.url(),
  SERVING_SECRET: z.string().min(16),
  SMTP_URL: z.string().optional(),
  MAIL_FROM: z.string().default('Throughline <throughline@localhost>'),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  EXECUTOR: z.enum(['cage', 'docker', 'swarm']).default('cage'),
  DOCKER_IMAGE: z
    .string()
    .regex(/@sha256:[0-9a-f]{64}$|^sha256:[0-9a-f]{64}$/, 'must name an image by its digest')
    .optional(),
  SWARM_REGISTRY: z.string().optional(),
  INSTANCE_SECRET: z.string().min(16),
  WORKER_DRAIN_SECONDS: z.coerce.number().min(0).max(600).default(5),
})

/** The worker's environment, parsed once. @throws ZodError that names what is missing */
export function readWorkerConfig() {
  const env = Environment.parse(process.env)
  return {
    databaseUrl: env.WORKER_DATABASE_URL,
    queueUrl: env.QUEUE_DATABASE_URL,
    dataDir: env.DATA_DIR,
    /** Null: artifacts are kept in the data folder. */
    bucket: bucketOf(env),
    trackingUrl: env.TRACKING_URL,
    publicOrigin: env.PUBLIC_ORIGIN,
    serving: { url: env.SERVING_URL, secret: env.SERVING_SECRET },
    mail: env.SMTP_URL === undefined || env.SMTP_URL === '' ? null : { url: env.SMTP_URL, from: env.MAIL_FROM },
    executor: env.EXECUTOR,
    dockerImage: env.DOCKER_IMAGE ?? null,
    swarmRegistry: env.SWARM_REGISTRY || null,
    /** Names this portal on engines and machines that it shares with others; tells nothing of the secret. */
    instance: instanceName(env.INSTANCE_SECRET),
    /** Jobs at once. */
    concurrency: env.WORKER_CONCURRENCY,
    /** How long a job that runs may go on after the process was told to stop. */
    drainSeconds: env.WORKER_DRAIN_SECONDS,
  }
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>
