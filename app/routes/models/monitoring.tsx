import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import { criteriaOnline } from '#app/commands/monitoring.ts'
import { ALERT_KIND_WORDS, alertRefusal, toldWords } from '#app/domain/alert.ts'
import { addCounts, driftOf } from '#app/domain/drift.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { COMPLIANCE_WORDS, REALISED_DAYS } from '#app/domain/realised.ts'
import { AlertList } from '#app/features/deployments/alert-list.tsx'
import { DriftTable } from '#app/features/deployments/drift-table.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { SeriesChart } from '#app/ui/lazy-chart.tsx'
import { latencyPercentiles } from '#db/latency.ts'
import { getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { findDriftReference, listAlertRules, listAlerts, listWindows } from '#db/queries/monitoring.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Monitor · Throughline' }]

const HOURS = 24
const REFRESH_MS = 5000

export const loader = engagementLoader(async ({ tx, engagementId, params, actor, now, standing }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  const live = (await listDeployments(tx, engagementId, { endpointId: endpoint.id })).find(
    ({ state }) => state === 'live',
  )
  const windows = await listWindows(tx, endpoint.id, new Date(now.getTime() - HOURS * 3_600_000))
  const known = await findDriftReference(tx, endpoint.id)
  const ours = windows.filter(({ deploymentId }) => deploymentId === known?.deploymentId)
  const sum = (of: (window: (typeof windows)[number]) => number) => windows.reduce((total, each) => total + of(each), 0)
  const minutes = [...new Set(windows.map(({ startsAt }) => startsAt.getTime()))]
  return {
    engagementId,
    endpoint,
    now,
    zone: actor.timeZone,
    mayChange: alertRefusal(standing) === null,
    latency: latencyPercentiles(windows.map(({ latency }) => latency)),
    totals: {
      requests: sum(({ requests }) => requests),
      rows: sum(({ rows }) => rows),
      clientErrors: sum(({ clientErrors }) => clientErrors),
      serverErrors: sum(({ serverErrors }) => serverErrors),
    },
    minutes: minutes.map((at) => {
      const here = windows.filter(({ startsAt }) => startsAt.getTime() === at)
      return {
        minutesAgo: Math.round((at - now.getTime()) / 60_000),
        requests: here.reduce((total, { requests }) => total + requests, 0),
        p95: latencyPercentiles(here.map(({ latency }) => latency))?.p95 ?? null,
      }
    }),
    reference: known && { datasetName: known.reference.datasetName, rows: known.reference.rows },
    drift: known
      ? [
          { name: 'scores', ...driftOf(known.reference.scores, addCounts(ours.map(({ scores }) => scores))) },
          ...Object.entries(known.reference.inputs).map(([name, column]) => ({
            name,
            ...driftOf(column, addCounts(ours.map(({ inputs }) => inputs[name] ?? []))),
          })),
        ]
      : [],
    online: live
      ? await criteriaOnline(tx, { engagementId, endpointId: endpoint.id, modelVersionId: live.modelVersionId, now })
      : null,
    rules: await listAlertRules(tx, endpoint.id),
    alerts: await listAlerts(tx, endpoint.id),
  }
})

const TONE = { in_criterion: 'met', at_risk: 'risk', breach: 'breach', unmeasured: 'unknown' } as const

export default function Monitoring() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, endpoint, now, zone, totals, latency, online } = page
  const { revalidate } = useRevalidator()
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') revalidate()
    }, REFRESH_MS)
    return () => {
      clearInterval(timer)
    }
  }, [revalidate])
  const open = page.alerts.filter(({ state }) => state === 'open')
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
        ]}
        title="Does it still do what was signed?"
        verdict={open.length === 0 ? 'No alert is open.' : open.map(({ sentence }) => sentence).join(' ')}
      />
      <Section
        title="Signed criteria, on live traffic"
        {...(online === null
          ? {}
          : {
              aside: `Truth is known for ${String(online.labelled)} of ${String(online.served)} answers of the last ${String(REALISED_DAYS)} days.`,
            })}
      >
        {online === null || online.criteria.length === 0 ? (
          <EmptyState title="Nothing to hold it to">
            {online === null ? 'Nothing is live at this address.' : 'No criterion is signed.'}
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {online.criteria.map((criterion) => (
              <li key={criterion.key} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Badge tone={TONE[criterion.state]}>{COMPLIANCE_WORDS[criterion.state]}</Badge>
                <span className="font-semibold">
                  {criterion.key} {criterion.name}
                </span>
                <span className="text-muted">
                  {criterion.sentence ??
                    'Too few answers whose truth is known, or a metric that needs more than scores.'}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Alerts">
        {page.alerts.length === 0 ? (
          <EmptyState title="Nobody had to be told anything">
            When a signed criterion is at risk, those whose signature it is hear of it by mail and read it here.
          </EmptyState>
        ) : (
          <AlertList
            alerts={page.alerts}
            engagementId={engagementId}
            endpointId={endpoint.id}
            mayMute={page.mayChange}
            now={now}
            zone={zone}
          />
        )}
      </Section>
      <Section title="Traffic of the last 24 hours">
        <Definitions
          rows={[
            { term: 'Requests', value: `${String(totals.requests)}, ${String(totals.rows)} rows` },
            { term: 'Refused: the request was wrong', value: String(totals.clientErrors) },
            { term: 'Failed: our fault', value: String(totals.serverErrors) },
            {
              term: 'Latency where it is served',
              value:
                latency === null
                  ? '–'
                  : `p50 ${latency.p50.toFixed(1)} ms · p95 ${latency.p95.toFixed(1)} ms · p99 ${latency.p99.toFixed(1)} ms`,
            },
          ]}
        />
        {page.minutes.length < 2 ? null : (
          <SeriesChart
            title="Requests by the minute"
            xLabel="minutes before now"
            series={[{ id: 'requests', points: page.minutes.map(({ minutesAgo: x, requests: y }) => ({ x, y })) }]}
          />
        )}
      </Section>
      <Section
        title="Drift"
        {...(page.reference === null
          ? {}
          : { aside: `Compared with ${String(page.reference.rows)} rows of ${page.reference.datasetName}.` })}
      >
        <DriftTable rows={page.drift} />
      </Section>
      <Section title="Rules">
        {page.rules.length === 0 ? <p className="text-muted">None beside the signed criteria.</p> : null}
        <ul className="mb-3 grid gap-2">
          {page.rules.map((rule) => (
            <li key={rule.id} className="flex flex-wrap items-center gap-3">
              <span>
                {ALERT_KIND_WORDS[rule.kind]} {rule.threshold}, for {rule.forMinutes} min
                {rule.suspends ? '; suspends what is signed' : ''}; tells {toldWords(rule.recipients)}
                {rule.retrains ? '; retrains with the newest data' : ''}
              </span>
              {page.mayChange ? (
                <Form method="post" action={paths.alertRuleEnd(engagementId, endpoint.id, rule.id)}>
                  <SubmitButton look="plain">End it</SubmitButton>
                </Form>
              ) : null}
            </li>
          ))}
        </ul>
        {page.mayChange ? (
          <LinkButton to={paths.alertRule(engagementId, endpoint.id)}>Watch one more thing</LinkButton>
        ) : null}
      </Section>
    </>
  )
}
