import type { RouteConfig } from '@remix-run/route-config'
import { index, layout, prefix, route } from '@remix-run/route-config'

/** Every page and form of the portal, in reading order. The doors for scripts are in app/api/doors.ts. */
export default [
  index('routes/home.tsx'),

  route('sign-in', 'routes/auth/sign-in.tsx'),
  route('sign-out', 'routes/auth/sign-out.ts'),
  route('sign-out-everywhere', 'routes/auth/sign-out-everywhere.ts'),
  route('forgot-password', 'routes/auth/forgot-password.tsx'),
  route('links/:token', 'routes/auth/link.tsx'),
  route('set-up/:token', 'routes/auth/set-up.tsx'),
  route('account', 'routes/auth/account.tsx'),

  route('people', 'routes/firm/people.tsx'),
  route('clients', 'routes/firm/clients.tsx'),
  route('outbox', 'routes/firm/outbox.tsx'),
  route('portfolio', 'routes/firm/portfolio.tsx'),
  route('portfolio.csv', 'routes/firm/portfolio-csv.ts'),

  route('engagements', 'routes/engagements/list.tsx'),
  route('engagements/new', 'routes/engagements/new.tsx'),
  ...prefix('engagements/:engagementId', [
    layout('routes/engagements/layout.tsx', [
      index('routes/engagements/overview.tsx'),
      route('state', 'routes/engagements/state.tsx'),
      route('people', 'routes/engagements/people.tsx'),
      route('datasets', 'routes/datasets/list.tsx'),
      route('datasets/import', 'routes/datasets/import.tsx'),
      route('datasets/public', 'routes/datasets/public.tsx'),
      route('tokens', 'routes/engagements/tokens.tsx'),
      route('tokens/:tokenId/revoke', 'routes/engagements/token-revoke.tsx'),

      route('definition', 'routes/criteria/definition.tsx'),
      route('problem', 'routes/criteria/problem.tsx'),
      route('problem/send', 'routes/criteria/problem-send.tsx'),
      route('criteria/new', 'routes/criteria/new.tsx'),
      route('criteria/:criterionId', 'routes/criteria/detail.tsx'),
      route('criteria/:criterionId/edit', 'routes/criteria/edit.tsx'),
      route('criteria/:criterionId/send', 'routes/criteria/send.tsx'),

      route('sign-offs/:signOffId', 'routes/sign-offs/sign-off.tsx'),
      route('decisions/:decisionId', 'routes/sign-offs/decision.tsx'),
      route('evidence', 'routes/sign-offs/evidence.tsx'),

      route('jobs', 'routes/jobs/list.tsx'),
      route('jobs/new', 'routes/jobs/new.tsx'),
      route('jobs/:jobId', 'routes/jobs/detail.tsx'),
      route('jobs/:jobId/cancel', 'routes/jobs/cancel.tsx'),
      route('runs', 'routes/runs/list.tsx'),
      route('runs/:runId', 'routes/runs/detail.tsx'),
      route('runs/:runId/register', 'routes/runs/register.tsx'),

      route('models', 'routes/models/list.tsx'),
      route('models/:modelVersionId', 'routes/models/detail.tsx'),
      route('models/:modelVersionId/deploy', 'routes/models/deploy.tsx'),
      route('endpoints/:endpointId', 'routes/models/endpoint.tsx'),

      route('work', 'routes/work/work.tsx'),
      route('work/timer', 'routes/work/timer.tsx'),
      route('deliverables', 'routes/work/deliverables.tsx'),
    ]),
    route('decisions/:decisionId.json', 'routes/sign-offs/decision-json.ts'),
    route('decisions/:decisionId.pdf', 'routes/sign-offs/decision-pdf.ts'),
    route('dossier.json', 'routes/sign-offs/dossier-json.ts'),
    route('dossier.pdf', 'routes/sign-offs/dossier-pdf.ts'),
    route('record.json', 'routes/sign-offs/record-json.ts'),
    route('evidence.json', 'routes/sign-offs/evidence-json.ts'),
    route('runs.csv', 'routes/runs/csv.ts'),
    route('work.csv', 'routes/work/csv.ts'),
  ]),
  route('*', 'routes/missing.tsx'),
] satisfies RouteConfig
