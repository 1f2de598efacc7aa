import { describe, expect } from 'vitest'
import { criteriaOnline, muteOpenAlert } from '#app/commands/monitoring.ts'
import { latencyPercentiles } from '#db/latency.ts'
import { findDriftReference, listAlerts, listWindows } from '#db/queries/monitoring.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { readCsvRows } from '#db/csv-rows.server.ts'
import { query } from '../support/database.ts'
import { as } from '../support/factories.ts'
import { aPredictToken, aTrainedRun, aVersion, deployed, test } from '../support/deployments.ts'
import { eventually } from '../support/processes.ts'

const ROWS = 300

/** Strikes of the hold-out with what became of them, as a caller would send them. */
async function strikes() {
  const dataset = demoDatasets().find(({ name }) => name === 'birdstrikes-holdout')
  const rows = await readCsvRows(dataset?.csv ?? new Uint8Array(), ROWS)
  return rows.map(({ damaged, flight_date: _on, airport: _at, month, speed_knots: speed, ...texts }) => ({
    damaged: Number(damaged),
    row: { ...texts, month: Number(month), speed_knots: speed === '' ? null : Number(speed) },
  }))
}

describe('live traffic', { timeout: 240_000 }, () => {
  test('is counted, compared, joined to late truth, and a broken criterion reaches those who signed it', async ({
    stage,
    database,
  }) => {
    const { portal, pools, fixture } = stage
    portal.startWorker()
    const runId = await aTrainedRun(stage)
    const { endpointId, slug, modelVersionId } = await deployed(stage, await aVersion(stage, runId))
    const token = await aPredictToken(stage)
    const asLead = { personId: fixture.lead.personId }
    const reference = await eventually(
      () => pools.web.as(asLead, (tx) => findDriftReference(tx, endpointId)),
      30,
      'there is something to compare with',
    )
    expect(reference.reference).toMatchObject({ datasetName: 'birdstrikes-holdout' })
    expect(reference.reference.rows).toBeGreaterThan(1500)

    const post = (action: string, body: unknown) =>
      fetch(`${portal.origin}/endpoints/${slug}/${action}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const all = await strikes()
    const asked = await post('predict', { rows: all.map(({ row }) => row) })
    expect(asked.status).toBe(200)
    const requestId = asked.headers.get('throughline-request-id')
    const wrong = await post('predict', { ...all[0]?.row, month: 'May' })
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { field: 'month', row: 1 }])
    const described = await fetch(`${portal.origin}/endpoints/${slug}/openapi.json`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await described.json()).toMatchObject({
      openapi: '3.1.0',
      components: { schemas: { Row: { type: 'object' } } },
    })

    const windows = await eventually(
      async () => {
        const found = await pools.web.as(asLead, (tx) => listWindows(tx, endpointId, new Date(0)))
        return found.reduce((total, { clientErrors }) => total + clientErrors, 0) === 1 ? found : null
      },
      15,
      'the requests are counted',
    )
    const sum = (field: 'requests' | 'serverErrors') => windows.reduce((total, window) => total + window[field], 0)
    expect(sum('serverErrors')).toBe(0)
    expect(latencyPercentiles(windows.map(({ latency }) => latency))?.p50).toBeGreaterThan(0)

    // What turned out to be true, first upside down: the worst that can be told of a model.
    const labelled = (truth: (damaged: number) => number) => ({
      labels: all.map(({ damaged }, row) => ({ request_id: requestId, row, value: truth(damaged) })),
    })
    const upsideDown = await post(
      'labels',
      labelled((damaged) => 1 - damaged),
    )
    expect(await upsideDown.json()).toEqual({ matched: ROWS, unmatched: 0 })
    const online = await pools.web.as(asLead, (tx) =>
      criteriaOnline(tx, { engagementId: fixture.engagementId, endpointId, modelVersionId, now: new Date() }),
    )
    expect(online).toMatchObject({ labelled: ROWS, criteria: [{ key: 'C1', state: 'breach' }] })
    const alert = await eventually(
      async () => {
        const [open] = await pools.web.as({ personId: fixture.client.personId }, (tx) => listAlerts(tx, endpointId))
        return open ?? null
      },
      30,
      'the alert opens',
    )
    expect(alert).toMatchObject({ state: 'open', subject: 'criterion:C1' })
    expect(alert.sentence).toMatch(/^C1 breach: ROC-AUC 0\.\d+ \(n = 300, 95 % .+\), signed at least 0\.65\.$/)
    const told = await query(
      database.ownerUrl,
      (sql) => sql`select to_address from mail_outbox where subject like ${`${slug}: C1 breach%`} order by to_address`,
    )
    expect(told.map(({ to_address: address }) => String(address))).toEqual(
      [fixture.client.email, fixture.lead.email].sort(),
    )
    // The floor was signed: below it the agreement itself is off, until the client decides anew.
    await eventually(
      async () => {
        const [version] = await query(database.ownerUrl, (sql) => sql`select state from criterion_versions`)
        return version?.['state'] === 'suspended' ? true : null
      },
      10,
      'the criterion is suspended',
    )
    await muteOpenAlert(as(pools, fixture.lead, new Date()), {
      engagementId: fixture.engagementId,
      endpointId,
      alertId: alert.id,
      hours: 1,
    })

    // The right truth replaces the wrong one, and the alert is over.
    await post(
      'labels',
      labelled((damaged) => damaged),
    )
    await eventually(
      async () => {
        const [first] = await pools.web.as(asLead, (tx) => listAlerts(tx, endpointId))
        return first?.state === 'resolved' ? true : null
      },
      30,
      'the alert is over',
    )
    for (const odd of [
      {},
      { labels: [{ request_id: 'x', value: 1 }] },
      { labels: [{ request_id: requestId, value: 'yes' }] },
    ])
      expect((await post('labels', odd)).status).toBe(400)
  })
})
