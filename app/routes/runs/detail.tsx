import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { registerRefusal, SERVED_FILES } from '#app/commands/models.ts'
import type { VersionState } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { CHARTS_MAX } from '#app/domain/metric.ts'
import { isEnded } from '#app/domain/run.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { noteRefusal, notesOf } from '#app/domain/run-note.ts'
import { RunCharts } from '#app/features/runs/run-charts.tsx'
import { RunFacts } from '#app/features/runs/run-facts.tsx'
import { RunNotes } from '#app/features/runs/run-notes.tsx'
import { RunBadge } from '#app/features/state-badge.tsx'
import { VersionBadge } from '#app/features/version-badge.tsx'
import { VerdictBadge } from '#app/features/verdict-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { TextField } from '#app/ui/field.tsx'
import { Card, ExportLinks, PageHeader, Section } from '#app/ui/layout.tsx'
import { listArtifacts } from '#db/queries/artifacts.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import { listEventsAbout } from '#db/queries/events.ts'
import { listSeries } from '#db/queries/metrics.ts'
import { listModels, listModelVersions } from '#db/queries/models.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Run · Throughline' }]

const CHANGES_MAX = 20

/** What is agreed now before what was, by key; of one criterion the newest version first. */
function inForceFirst<Row extends { readonly key: string; readonly version: number; readonly state: VersionState }>(
  rows: readonly Row[],
): Row[] {
  const rank = ({ state }: Row) => (state === 'agreed' ? 0 : 1)
  return [...rows].sort(
    (a, b) => rank(a) - rank(b) || a.key.localeCompare(b.key, 'en', { numeric: true }) || b.version - a.version,
  )
}

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, actor }) => {
  const run = await getRun(tx, engagementId, toRunId(params['runId']))
  const detail = found((await loadRunDetails(tx, [run]))[0])
  const artifacts = await listArtifacts(tx, run.id)
  const isServable = artifacts.some((file) => file.path === `model/${SERVED_FILES.onnx}`)
  return {
    engagementId,
    zone: actor.timeZone,
    detail,
    artifacts,
    notes: notesOf(detail.tags),
    changes: await listEventsAbout(tx, engagementId, { kind: 'run.noted', subjectId: run.id, limit: CHANGES_MAX }),
    writeHref: noteRefusal(standing, run) === null ? paths.runNotes(engagementId, run.id) : null,
    series: (await listSeries(tx, run.id)).slice(0, CHARTS_MAX),
    liveUrl: isEnded(run.state) ? null : paths.runLive(engagementId, run.id),
    verdicts: inForceFirst(await listEvaluations(tx, engagementId, { runId: run.id })),
    versions: (await listModelVersions(tx, engagementId, { runId: run.id })).map(({ id, modelName, version }) => ({
      id,
      modelName,
      version,
    })),
    modelName: (await listModels(tx, engagementId, { limit: 1 }))[0]?.name ?? '',
    registerReason:
      registerRefusal(standing)?.reason ?? (isServable ? null : 'It logged no model.onnx in its folder “model”.'),
    isOurs: registerRefusal(standing) === null,
    seesJobs: isTeam(standing),
  }
})

export default function Run() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, zone, detail, artifacts, verdicts, versions, modelName, registerReason, isOurs } = page
  const { run } = detail
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Runs', to: paths.runs(engagementId) }]}
        title={run.name}
        badge={
          <>
            <RunBadge state={run.state} />
            {run.isVerified ? (
              <Badge tone="met">Executed here</Badge>
            ) : (
              <Badge tone="unknown">Logged from outside</Badge>
            )}
          </>
        }
        action={<LinkButton to={paths.lineage(engagementId, `run:${run.id}`)}>Lineage</LinkButton>}
      />
      <Section
        title="Did it meet what was signed, and why?"
        aside={
          <ExportLinks csv={paths.runPointsCsv(engagementId, run.id)} json={paths.runJson(engagementId, run.id)} />
        }
      >
        {verdicts.length === 0 ? (
          <p className="text-muted">It was not judged: it has not finished, or there is no criterion yet.</p>
        ) : (
          <ul className="grid gap-2">
            {verdicts.map((verdict) => (
              <li key={verdict.criterionVersionId} className="rounded-md border border-line bg-surface px-3 py-2">
                <span className="mr-2 font-semibold">
                  <Link to={`${paths.criterion(engagementId, verdict.criterionId)}?version=${String(verdict.version)}`}>
                    {verdict.key} v{verdict.version}
                  </Link>
                </span>
                <VerdictBadge verdict={verdict.verdict} />{' '}
                {verdict.state === 'agreed' ? null : <VersionBadge state={verdict.state} />}
                <p className="prose-width mt-1 text-muted">{verdict.reason}</p>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <RunNotes
        notes={page.notes}
        changes={page.changes}
        endedAt={run.endedAt}
        zone={zone}
        writeHref={page.writeHref}
      />
      <Section title="Model">
        {versions.map((version) => (
          <p key={version.id} className="mb-2">
            <Link to={paths.modelVersion(engagementId, version.id)}>
              {version.modelName} v{version.version}
            </Link>
          </p>
        ))}
        {!isOurs && versions.length === 0 ? <p className="text-muted">No model of this run is registered.</p> : null}
        {isOurs && versions.length === 0 ? (
          <Card>
            <Form method="post" action={paths.registerModel(engagementId, run.id)} className="max-w-md">
              <TextField
                name="name"
                label="Register its model as"
                defaultValue={modelName}
                hint="A new name makes a new registered model."
              />
              <SubmitButton disabledReason={registerReason}>Register</SubmitButton>
            </Form>
          </Card>
        ) : null}
      </Section>
      <RunCharts series={page.series} liveUrl={page.liveUrl} />
      <RunFacts
        detail={detail}
        artifacts={artifacts}
        engagementId={engagementId}
        seesJobs={page.seesJobs}
        zone={zone}
      />
    </>
  )
}
