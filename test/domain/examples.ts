import type { OrganisationRole, PersonActor } from '#app/domain/actor.ts'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { toId } from '#app/domain/ids.ts'
import type { RunEvidence } from '#app/domain/verdict.ts'

/** Values to start from; say only what the test is about. */

const ID = '00000000-0000-4000-8000-000000000001'

export function aColleague(role: OrganisationRole = 'member'): PersonActor {
  return {
    kind: 'person', personId: toId(ID), name: 'Cole', email: 'cole@firm.test', organisationId: toId(ID), organisationName: 'Firm',
    organisationKind: 'consultancy', role, timeZone: 'UTC', onlyEngagementId: null,
  } // prettier-ignore
}

export function aClient(): PersonActor {
  return {
    ...aColleague(),
    name: 'Ann',
    email: 'ann@client.test',
    organisationName: 'Client',
    organisationKind: 'client',
  }
}

export function aContent(change: Partial<CriterionContent> = {}): CriterionContent {
  return {
    name: 'Rank damage first', why: 'Hours.', metricKey: 'roc_auc', direction: 'higher', unit: '', baseline: 0.6,
    baselineAt: '2026-01-01', baselineSource: 'a rule of thumb', target: 0.8, targetHigh: null, datasetVersionId: ID,
    datasetName: 'holdout', datasetDigest: 'd1', protocol: 'Measured once.', minimumRows: 1000, decisionRule: 'point',
    confidence: 0.95, weight: 1, reviewBy: null, kind: 'offline', slice: '', floor: null, margin: null, onlineTarget: null,
    onlineWindowDays: null, valuePerUnit: '', measuredBy: '', ...change,
  } // prettier-ignore
}

/** A verified, finished run, trained on t1 and measured on d1. */
export function aRun(value: number, change: Partial<RunEvidence> = {}): RunEvidence {
  return {
    state: 'finished',
    isDeleted: false,
    isVerified: true,
    values: [{ value, digest: 'd1', datasetName: 'holdout' }],
    standardError: null,
    inputs: [
      { digest: 't1', name: 'train', role: 'training' },
      { digest: 'd1', name: 'holdout', role: 'testing' },
    ],
    ...change,
  }
}
