import { Link } from '@remix-run/react'
import type { JobState } from '#app/domain/job.ts'
import { findRecipe } from '#app/domain/recipe.ts'
import type { RetrainingTrigger } from '#app/domain/retraining.ts'
import { paths } from '#app/paths.ts'
import { Definitions } from '#app/ui/layout.tsx'
import { JobBadge } from '../state-badge.tsx'
import { triggerWords } from './retraining-list.tsx'

interface Facts {
  readonly trigger: RetrainingTrigger
  readonly triggerNote: string
  readonly requestedByName: string
  readonly modelName: string
  readonly baseVersionId: string
  readonly baseVersion: number
  readonly candidateVersionId: string | null
  readonly candidateVersion: number | null
  readonly jobId: string | null
  readonly recipe: {
    readonly key: string
    readonly parameters: Readonly<Record<string, string | number>>
    readonly code: { readonly now: string; readonly live: string | null }
  } | null
  readonly datasets:
    | readonly {
        readonly role: 'train' | 'test'
        readonly datasetVersionId: string
        readonly name: string
        readonly version: number
        readonly rows: number | null
        readonly liveVersion: number
        readonly newerVersion: number | null
      }[]
    | null
}

/** The fixed code, the data, and the two models. */
export function RetrainingFacts({
  retraining,
  job,
  engagementId,
}: {
  retraining: Facts
  job: {
    readonly state: JobState
    readonly reason: string
    readonly progress: number
    readonly progressNote: string
  } | null
  engagementId: string
}) {
  const { recipe, datasets, jobId, candidateVersionId } = retraining
  const words = triggerWords(retraining)
  return (
    <Definitions
      rows={[
        {
          term: 'Why now',
          value: `${words.charAt(0).toUpperCase()}${words.slice(1)}.${retraining.trigger === 'drift' ? ` ${retraining.triggerNote}` : ''}`,
        },
        {
          term: 'Live when it began',
          value: (
            <Link to={paths.modelVersion(engagementId, retraining.baseVersionId)}>
              {retraining.modelName} v{retraining.baseVersion}
            </Link>
          ),
        },
        ...(recipe === null
          ? []
          : [
              {
                term: 'Code',
                value: `The recipe “${findRecipe(recipe.key)?.title ?? recipe.key}”. ${codeWords(recipe.code)}`,
              },
              {
                term: 'Parameters',
                value: Object.entries(recipe.parameters)
                  .map(([key, value]) => `${key} ${String(value)}`)
                  .join(', '),
              },
            ]),
        ...(datasets ?? []).map((data) => ({
          term: data.role === 'train' ? 'Learns from' : 'Is measured on',
          value: (
            <>
              <Link to={paths.dataset(engagementId, data.datasetVersionId)}>
                {data.name} v{data.version}
              </Link>
              {data.rows === null ? '' : `, ${data.rows.toLocaleString('en-GB')} rows`}. {dataWords(data)}
            </>
          ),
        })),
        ...(jobId === null || job === null
          ? []
          : [
              {
                term: 'Training job',
                value: (
                  <span className="flex flex-wrap items-center gap-x-3">
                    <Link to={paths.job(engagementId, jobId)}>Log and progress</Link>
                    <JobBadge state={job.state} />
                    {job.state === 'running'
                      ? `${String(Math.round(job.progress * 100))} %, ${job.progressNote}`
                      : job.reason}
                  </span>
                ),
              },
            ]),
        ...(candidateVersionId === null
          ? []
          : [
              {
                term: 'Candidate',
                value: (
                  <Link to={paths.modelVersion(engagementId, candidateVersionId)}>
                    {retraining.modelName} v{retraining.candidateVersion}
                  </Link>
                ),
              },
            ]),
      ]}
    />
  )
}

function codeWords({ now, live }: { readonly now: string; readonly live: string | null }): string {
  if (live === null)
    return 'Its exact code was not kept when the live model was trained, so nobody can tell whether it is the same.'
  return live === now
    ? `Its code is the same, byte by byte, as the live model was trained with (${now.slice(0, 8)}).`
    : `Its code changed since the live model was trained (${live.slice(0, 8)} then, ${now.slice(0, 8)} now).`
}

function dataWords(data: {
  readonly version: number
  readonly liveVersion: number
  readonly newerVersion: number | null
}): string {
  const same =
    data.version === data.liveVersion
      ? 'The same as the live model had.'
      : `The live model had v${String(data.liveVersion)}.`
  return data.newerVersion === null
    ? same
    : `${same} v${String(data.newerVersion)} is newer; the signed criteria name this one, and both models are measured on it.`
}
