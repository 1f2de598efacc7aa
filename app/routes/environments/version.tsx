import { randomUUID } from 'node:crypto'
import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import type { EnvironmentVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { sizeWords } from '#app/domain/storage.ts'
import { JobLog } from '#app/features/jobs/job-log.tsx'
import { EnvironmentBadge, JobBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { Code, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { Time } from '#app/ui/time.tsx'
import type { StoredPackage } from '#db/queries/environments.ts'
import {
  environmentDigest,
  getEnvironmentVersion,
  listEnvironmentVersions,
  listJobsIn,
  listPackages,
} from '#db/queries/environments.ts'
import { getJob, getJobLogTail } from '#db/queries/jobs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Environment · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, params, actor, now }) => {
  const version = await getEnvironmentVersion(
    tx,
    engagementId,
    toId<EnvironmentVersionId>(params['environmentVersionId']),
  )
  const packages = await listPackages(tx, version.id)
  const { environmentId } = version
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    version,
    packages,
    digest: version.state === 'ready' ? environmentDigest(version.interpreter, packages) : null,
    build: await getJob(tx, engagementId, version.buildId),
    log: await getJobLogTail(tx, version.buildId),
    jobs: await listJobsIn(tx, version.id),
    others: (await listEnvironmentVersions(tx, engagementId, { environmentId })).filter(({ id }) => id !== version.id),
    refusal: startJobRefusal(standing, engagement.state)?.reason ?? null,
    requestKey: randomUUID(),
  }
})

const PACKAGES: readonly Column<StoredPackage>[] = [
  { id: 'name', header: 'Package', value: (row) => row.name },
  { id: 'version', header: 'Version', value: (row) => row.version },
  {
    id: 'size',
    header: 'Size',
    value: (row) => row.sizeBytes,
    cell: (row) => sizeWords(row.sizeBytes),
    isNumeric: true,
  },
  {
    id: 'sha256',
    header: 'SHA-256 of the wheel',
    value: (row) => row.sha256,
    cell: (row) => <Code>{row.sha256}</Code>,
  },
]

export default function EnvironmentVersion() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, version, packages, build, log, refusal } = page
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Environments', to: paths.environments(engagementId) }]}
        title={version.label}
        badge={<EnvironmentBadge state={version.state} />}
        {...(version.state === 'failed'
          ? { verdict: build.reason }
          : version.summary === ''
            ? {}
            : { verdict: version.summary })}
        action={
          <>
            {refusal === null ? (
              <LinkButton to={paths.nextEnvironmentVersion(engagementId, version.id)} look="primary">
                Make the next version
              </LinkButton>
            ) : null}
            {version.state === 'failed' ? (
              <Form method="post" action={paths.jobReplay(engagementId, build.id)}>
                <input type="hidden" name="requestKey" value={page.requestKey} />
                <SubmitButton disabledReason={refusal}>Build it again</SubmitButton>
              </Form>
            ) : null}
          </>
        }
      />
      <Section title="Build">
        <JobLog key={build.id} job={build} log={log} />
        <p className="mt-2">
          <Link to={paths.job(engagementId, build.id)}>The job that builds it</Link>
        </p>
      </Section>
      <Section title="Packages">
        <DataTable
          caption="Packages"
          rows={packages}
          columns={PACKAGES}
          rowKey={(row) => row.name}
          empty={<EmptyState title="No packages">It is the built-in environment.</EmptyState>}
        />
      </Section>
      <VersionFacts page={page} />
      <Section title="Jobs that run in it">
        {page.jobs.length === 0 ? <p className="text-muted">None yet.</p> : null}
        {version.state === 'ready' && refusal === null ? (
          <p className="mb-2">
            <Link to={paths.newJob(engagementId)}>Start a job and choose it there</Link>
          </p>
        ) : null}
        <ul className="grid gap-2">
          {page.jobs.map((job) => (
            <li key={job.id} className="flex flex-wrap items-center gap-3">
              <JobBadge state={job.state} />
              <Link to={paths.job(engagementId, job.id)}>{job.title}</Link>
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Other versions">
        {page.others.length === 0 ? <p className="text-muted">There is no other version.</p> : null}
        <ul className="grid gap-2">
          {page.others.map((other) => (
            <li key={other.id} className="flex flex-wrap items-center gap-3">
              <EnvironmentBadge state={other.state} />
              <Link to={paths.environmentVersion(engagementId, other.id)}>{other.label}</Link>
              <span className="text-muted">{other.note}</span>
            </li>
          ))}
        </ul>
      </Section>
    </>
  )
}

function VersionFacts({
  page: { version, digest, engagementId, now, zone },
}: {
  page: Awaited<ReturnType<typeof loader>>
}) {
  return (
    <Section title="What it is">
      <Definitions
        rows={[
          { term: 'Interpreter', value: version.interpreter === '' ? '–' : <Code>{version.interpreter}</Code> },
          {
            term: 'Lock',
            value:
              digest === null ? (
                'There is one when it is ready.'
              ) : (
                <>
                  <a href={paths.environmentLock(engagementId, version.id)} download>
                    Lock file for pip
                  </a>
                  , SHA-256 <Code>{digest}</Code>
                </>
              ),
          },
          { term: 'What changed', value: version.note === '' ? '–' : version.note },
          { term: 'Made by', value: version.createdByName },
          { term: 'Made', value: <Time at={version.createdAt} now={now} zone={zone} /> },
        ]}
      />
    </Section>
  )
}
