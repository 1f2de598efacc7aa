import { z } from 'zod'

const Environment = z.object({
  WORKER_DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string(),
  DATA_DIR: z.string(),
  TRACKING_URL: z.url(),
  PUBLIC_ORIGIN: z.url(),
  SERVING_URL: z.url(),
  SERVING_SECRET: z.string().min(16),
  SMTP_URL: z.string().optional(),
  MAIL_FROM: z.string().default('Throughline <throughline@localhost>'),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
})

/** The worker's environment, parsed once. @throws ZodError that names what is missing */
export function readWorkerConfig() {
  const env = Environment.parse(process.env)
  return {
    databaseUrl: env.WORKER_DATABASE_URL,
    queueUrl: env.QUEUE_DATABASE_URL,
    dataDir: env.DATA_DIR,
    trackingUrl: env.TRACKING_URL,
    publicOrigin: env.PUBLIC_ORIGIN,
    serving: { url: env.SERVING_URL, secret: env.SERVING_SECRET },
    mail: env.SMTP_URL === undefined || env.SMTP_URL === '' ? null : { url: env.SMTP_URL, from: env.MAIL_FROM },
    concurrency: env.WORKER_CONCURRENCY,
  }
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>
