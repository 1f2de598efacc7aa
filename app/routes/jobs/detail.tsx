import { randomUUID } from 'node:crypto'
import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import type { EngagementId, EnvironmentVersionId, JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { rebuildRefusal } from '#app/domain/environment.ts'
import { found } from '#app/domain/errors.ts'
import { cancelRefusal, isDeadLetter, isJobEnded, replayRefusal } from '#app/domain/job.ts'
import { JobFacts } from '#app/features/jobs/job-facts.tsx'
import { JobLog } from '#app/features/jobs/job-log.tsx'
import { JobBadge, RunBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { getEnvironmentVersion } from '#db/queries/environments.ts'
import { getJob, getJobLogTail, listRunsOfJob } from '#db/queries/jobs.ts'
import type { Tx } from '#db/types.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Job · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, params, actor, now }) => {
  const job = await getJob(tx, engagementId, toId<JobId>(params['jobId']))
  const environment = await environmentOf(tx, engagementId, job.payload.environmentVersionId)
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    job,
    runs: await listRunsOfJob(tx, job.id),
    environment: environment?.label ?? null,
    log: await getJobLogTail(tx, job.id),
    cancelReason: cancelRefusal(standing, job.state)?.reason ?? null,
    replayReason:
      (
        replayRefusal(standing, { state: job.state, engagement: engagement.state }) ??
        (job.kind === 'train' ? null : rebuildRefusal(found(environment).state))
      )?.reason ?? null,
    requestKey: randomUUID(),
  }
})

/** What a job pins or builds; null for the built-in environment. */
async function environmentOf(tx: Tx, engagementId: EngagementId, id: string | null) {
  return id === null ? null : getEnvironmentVersion(tx, engagementId, toId<EnvironmentVersionId>(id))
}

export default function Job() {
  const { engagementId, now, zone, job, runs, environment, log, cancelReason, replayReason, requestKey } =
    useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Jobs', to: paths.jobs(engagementId) }]}
        title={job.title}
        badge={<JobBadge state={job.state} />}
        {...(job.reason === '' ? {} : { verdict: job.reason })}
        action={
          isJobEnded(job.state) ? (
            isDeadLetter(job.state) ? (
              <Form method="post" action={paths.jobReplay(engagementId, job.id)}>
                <input type="hidden" name="requestKey" value={requestKey} />
                <SubmitButton disabledReason={replayReason}>Replay the job</SubmitButton>
              </Form>
            ) : undefined
          ) : (
            <Form method="post" action={paths.jobCancel(engagementId, job.id)}>
              <SubmitButton look="danger" disabledReason={cancelReason}>
                Cancel the job
              </SubmitButton>
            </Form>
          )
        }
      />
      <Section title="Log">
        <JobLog key={job.id} job={job} log={log} />
      </Section>
      {job.kind === 'build_environment' ? null : (
        <Section title="Runs it logged">
          {runs.length === 0 ? (
            <p className="text-muted">None yet.</p>
          ) : (
            <ul className="grid gap-2">
              {runs.map((run) => (
                <li key={run.id} className="flex flex-wrap items-center gap-3">
                  <RunBadge state={run.state} />
                  <Link to={paths.run(engagementId, run.id)}>{run.name}</Link>
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
      <Section title="What was asked for">
        <JobFacts job={job} environment={environment} engagementId={engagementId} now={now} zone={zone} />
      </Section>
    </>
  )
}
