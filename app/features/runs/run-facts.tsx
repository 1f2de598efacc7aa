import { Link } from '@remix-run/react'
import { environmentOf } from '#app/domain/environment.ts'
import { metricName } from '#app/domain/metric.ts'
import { paths } from '#app/paths.ts'
import { Code, Definitions, Section } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import { Time } from '#app/ui/time.tsx'

interface Detail {
  readonly run: {
    readonly id: string
    readonly userName: string
    readonly createdAt: Date
    readonly jobId: string | null
  }
  readonly metrics: readonly { readonly key: string; readonly value: number; readonly datasetName: string }[]
  readonly params: readonly { readonly key: string; readonly value: string }[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly inputs: readonly { readonly name: string; readonly digest: string; readonly role: string }[]
}

/** Everything a run logged: metrics with the data they were measured on, parameters, data, files. */
export function RunFacts({
  detail,
  artifacts,
  engagementId,
  seesJobs,
  zone,
}: {
  detail: Detail
  artifacts: readonly { readonly path: string; readonly sha256: string; readonly sizeBytes: number }[]
  engagementId: string
  /** Jobs are pages of the team. */
  seesJobs: boolean
  zone: string
}) {
  const environment = environmentOf(detail.tags)
  const errorOf = (key: string) => detail.metrics.find((metric) => metric.key === `${key}_se`)?.value
  return (
    <>
      <Section title="Metrics">
        <Definitions
          rows={detail.metrics
            .filter((metric) => !metric.key.endsWith('_se'))
            .map((metric) => {
              const error = errorOf(metric.key)
              return {
                term: metricName(metric.key),
                value: `${formatNumber(metric.value)}${error === undefined ? '' : ` ± ${formatNumber(error)} (standard error)`}${metric.datasetName === '' ? '' : `, on ${metric.datasetName}`}`,
              }
            })}
        />
      </Section>
      <Section title="Data">
        {detail.inputs.length === 0 ? <p className="text-muted">The run did not say which data it used.</p> : null}
        <Definitions
          rows={detail.inputs.map((input) => ({
            term: input.role,
            value: (
              <>
                {input.name} <Code>{input.digest}</Code>
              </>
            ),
          }))}
        />
      </Section>
      <Section title="Parameters">
        {detail.params.length === 0 ? <p className="text-muted">None were logged.</p> : null}
        <Definitions rows={detail.params.map((param) => ({ term: param.key, value: param.value }))} />
      </Section>
      <Section title="Files">
        {artifacts.length === 0 ? <p className="text-muted">None were logged.</p> : null}
        <ul className="grid gap-1">
          {artifacts.map((file) => (
            <li key={file.path}>
              <a href={paths.artifact(engagementId, detail.run.id, file.path)} download>
                {file.path}
              </a>{' '}
              <span className="text-sm text-muted">
                {file.sizeBytes.toLocaleString('en-GB')} bytes, SHA-256 {file.sha256.slice(0, 12)}…
              </span>
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Where it came from">
        <Definitions
          rows={[
            { term: 'Run id', value: <Code>{detail.run.id}</Code> },
            { term: 'Logged by', value: detail.run.userName || 'The script did not say who.' },
            ...(environment === null
              ? []
              : [
                  {
                    term: 'Environment',
                    value: (
                      <>
                        {environment.name}, lock <Code>{environment.sha256}</Code>
                      </>
                    ),
                  },
                ]),
            { term: 'Started', value: <Time at={detail.run.createdAt} zone={zone} /> },
            ...(detail.run.jobId === null
              ? []
              : [
                  {
                    term: 'Job',
                    value: seesJobs ? (
                      <Link to={paths.job(engagementId, detail.run.jobId)}>the job that executed it</Link>
                    ) : (
                      <Code>{detail.run.jobId}</Code>
                    ),
                  },
                ]),
          ]}
        />
      </Section>
    </>
  )
}
