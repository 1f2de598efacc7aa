import { z } from 'zod'
import { bucketOf, StoreEnvironment } from '../s3-bucket.server.ts'

const Environment = StoreEnvironment.extend({
  WEB_DATABASE_URL: z.string().min(1),
  DATA_DIR: z.string().min(1),
  ORIGIN: z.url(),
  TRACKING_URL: z.url(),
})

/** What the scripts that fill an instance are told. @throws ZodError that names what is missing */
export function readSeedConfig() {
  const env = Environment.parse(process.env)
  return {
    databaseUrl: env.WEB_DATABASE_URL,
    dataDir: env.DATA_DIR,
    bucket: bucketOf(env),
    origin: env.ORIGIN,
    trackingUrl: env.TRACKING_URL,
  }
}

export type SeedConfig = ReturnType<typeof readSeedConfig>
