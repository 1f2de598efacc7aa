import { instanceName } from '#workers/instance-name.ts'
import type { Settings } from './settings.ts'

export interface Links {
  readonly webUrl: string
  readonly workerUrl: string
  readonly queueUrl: string
  readonly servingPort: number
  readonly servingSecret: string
  readonly instanceSecret: string
}

type Environment = Readonly<Record<string, string>>

/** What each process is told: no more than it needs, so that one which is taken over gives away little. */
export function environmentsOf(settings: Settings, links: Links) {
  const common = { ...settings.surroundings, DATA_DIR: settings.dataDir }
  const serving = {
    SERVING_URL: `http://127.0.0.1:${links.servingPort}`,
    SERVING_SECRET: links.servingSecret,
  }
  const web: Environment = {
    ...common,
    ...serving,
    ...settings.store,
    WEB_DATABASE_URL: links.webUrl,
    HOST: settings.host,
    PORT: String(settings.port),
    PUBLIC_ORIGIN: settings.publicOrigin,
    ALLOWED_HOSTS: settings.allowedHosts.join(','),
    TRUST_PROXY: settings.isBehindProxy ? 'on' : 'off',
    SERVING_ENGINES: settings.servingEngines,
    MAIL_DELIVERY: settings.smtpUrl === null ? 'outbox' : 'smtp',
    INSTANCE_SECRET: links.instanceSecret,
    ...(settings.metricsToken === null ? {} : { METRICS_TOKEN: settings.metricsToken }),
    ...(settings.quotaBytes === null ? {} : { ARTIFACT_QUOTA_BYTES: settings.quotaBytes }),
  }
  const worker: Environment = {
    ...common,
    ...serving,
    ...settings.store,
    WORKER_DATABASE_URL: links.workerUrl,
    QUEUE_DATABASE_URL: links.queueUrl,
    TRACKING_URL: settings.localOrigin,
    PUBLIC_ORIGIN: settings.publicOrigin,
    INSTANCE_SECRET: links.instanceSecret,
    ...settings.worker,
    ...settings.engine,
    ...(settings.smtpUrl === null ? {} : { SMTP_URL: settings.smtpUrl }),
    ...(settings.mailFrom === null ? {} : { MAIL_FROM: settings.mailFrom }),
  }
  const model: Environment = {
    ...common,
    SERVING_PORT: String(links.servingPort),
    SERVING_SECRET: links.servingSecret,
    INSTANCE_NAME: instanceName(links.instanceSecret),
    SERVING_ENGINES: settings.servingEngines,
    // Who may speak with an engine is as good as the root of its machine: only where one is used.
    ...(settings.servingEngines === 'onnx' ? {} : settings.engine),
  }
  const seed: Environment = {
    ...common,
    ...settings.store,
    WEB_DATABASE_URL: links.webUrl,
    WORKER_DATABASE_URL: links.workerUrl,
    ORIGIN: settings.publicOrigin,
    TRACKING_URL: settings.localOrigin,
  }
  return { web, worker, serving: model, seed }
}
