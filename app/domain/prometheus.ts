/** A value of now. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What each metric says, for whoever reads it elsewhere. All are values of now. */
export const METRIC_HELP: Readonly<Record<string, string>> = {
  throughline_jobs: 'Jobs that have not ended, by state.',
  throughline_jobs_ended_day: 'Jobs that ended in the last 24 hours, by state.',
  throughline_job_oldest_queued_seconds: 'How long the oldest waiting job has waited.',
  throughline_workers: 'Pools of worker processes that said they are alive in the last minute; a process has three.',
  throughline_mail_waiting: 'Messages that were not delivered yet.',
  throughline_endpoint_requests_5m: 'Requests to a live endpoint in the last five minutes.',
  throughline_endpoint_rows_5m: 'Rows that a live endpoint answered in the last five minutes.',
  throughline_endpoint_client_errors_5m: 'Requests of the last five minutes that were wrong.',
  throughline_endpoint_server_errors_5m: 'Requests of the last five minutes that failed by our fault.',
  throughline_endpoint_latency_seconds: 'Time to answer in the last five minutes, by quantile.',
  throughline_alerts_open: 'Alerts that are open, by endpoint.',
  throughline_decisions: 'Links of the chains of decisions.',
  throughline_stored_bytes: 'Bytes of files that are stored, over all engagements.',
  process_resident_memory_bytes: 'Memory of the web process.',
  process_uptime_seconds: 'How long the web process has run.',
}

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/**
 * Samples in the text form that Prometheus reads, those of one name together.
 * Source: Prometheus, "Exposition formats", version 0.0.4.
 */
export function prometheusText(samples: readonly Sample[]): string {
  const lines: string[] = []
  for (const name of Object.keys(METRIC_HELP)) {
    const ours = samples.filter((sample) => sample.name === name)
    if (ours.length === 0) continue
    lines.push(`# HELP ${name} ${METRIC_HELP[name] ?? ''}`, `# TYPE ${name} gauge`)
    for (const { labels, value } of ours) {
      const named = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
      lines.push(`${name}${named.length === 0 ? '' : `{${named.join(',')}}`} ${String(value)}`)
    }
  }
  return `${lines.join('\n')}\n`
}
