import { Link } from '@remix-run/react'
import { BUILT_IN } from '#app/domain/environment.ts'
import type { JobReason } from '#app/domain/job.ts'
import { JOB_REASON_WORDS } from '#app/domain/job.ts'
import { paths } from '#app/paths.ts'
import { Code, Definitions } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'

type Work =
  | {
      readonly kind: 'train'
      readonly payload: {
        readonly recipe: string
        readonly parameters: Readonly<Record<string, string | number>>
        readonly environmentVersionId: string | null
      }
    }
  | { readonly kind: 'build_environment'; readonly payload: { readonly environmentVersionId: string } }

type Job = Work & {
  readonly attempt: number
  readonly priority: number
  readonly reasonCode: JobReason | null
  readonly exitCode: number | null
  readonly executor: string
  readonly environment: string
  readonly memoryMbMax: number
  readonly cpuSeconds: number
  readonly replayOf: string | null
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

/** What was asked for, where it ran, what it used and how it ended. */
export function JobFacts({
  job,
  environment,
  engagementId,
  now,
  zone,
}: {
  job: Job
  /** What the environment is called that it pins or builds; null for the built-in one. */
  environment: string | null
  engagementId: string
  now: Date
  zone: string
}) {
  const at = (when: Date | null) => (when === null ? '–' : <Time at={when} now={now} zone={zone} />)
  return (
    <Definitions
      rows={[
        ...workRows(job, environment, engagementId),
        { term: 'Priority', value: job.priority > 0 ? 'High' : job.priority < 0 ? 'Low' : 'Normal' },
        { term: 'Attempt', value: String(job.attempt) },
        ...(job.reasonCode === null ? [] : [{ term: 'Why it ended', value: JOB_REASON_WORDS[job.reasonCode] }]),
        ...(job.exitCode === null ? [] : [{ term: 'Exit code', value: String(job.exitCode) }]),
        { term: 'Executor', value: job.executor === '' ? '–' : job.executor },
        { term: 'Ran on', value: job.environment === '' ? '–' : <Code>{job.environment}</Code> },
        { term: 'Peak memory', value: job.memoryMbMax === 0 ? '–' : `${String(Math.round(job.memoryMbMax))} MB` },
        { term: 'Processor time', value: job.cpuSeconds === 0 ? '–' : `${job.cpuSeconds.toFixed(1)} s` },
        ...(job.replayOf === null
          ? []
          : [
              {
                term: 'Replays',
                value: <Link to={paths.job(engagementId, job.replayOf)}>the job that ended before</Link>,
              },
            ]),
        { term: 'Started by', value: job.requestedByName },
        { term: 'Asked for', value: at(job.requestedAt) },
        { term: 'Began', value: at(job.startedAt) },
        { term: 'Ended', value: at(job.endedAt) },
      ]}
    />
  )
}

/** What the job does: the recipe with its parameters, and the environment that it pins or builds. */
function workRows(work: Work, label: string | null, engagementId: string) {
  const { environmentVersionId } = work.payload
  const environment =
    environmentVersionId === null || label === null ? (
      BUILT_IN
    ) : (
      <Link to={paths.environmentVersion(engagementId, environmentVersionId)}>{label}</Link>
    )
  if (work.kind === 'build_environment') return [{ term: 'Builds', value: environment }]
  return [
    { term: 'Recipe', value: work.payload.recipe },
    ...Object.entries(work.payload.parameters).map(([term, value]) => ({ term, value: String(value) })),
    { term: 'Environment', value: environment },
  ]
}
