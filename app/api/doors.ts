import type { Hono } from 'hono'
import { isAppError } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import type { GuardEnv } from '#app/server/http-guard.server.ts'
import { findArtifact } from '#db/queries/artifacts.ts'
import { getRun } from '#db/queries/runs.ts'
import type { ApiContext, Door } from './door.ts'
import { visitorOf } from './door.ts'
import { calendarDoor } from './calendar.ts'
import { jobStream } from './job-stream.ts'
import { fileResponse } from './file-response.ts'
import { artifactsDoor } from './mlflow/artifacts.ts'
import { metricsDoor } from './metrics.ts'
import { mlflowDoor, serverInfoDoor } from './mlflow/door.ts'
import { multipartDoor } from './mlflow/multipart.ts'
import { modelFileDoor, runFileDoor, uploadDoor, versionFileDoor } from './mlflow/page-files.ts'
import { API_ROOTS } from './mlflow/path.ts'
import { ociContext } from './oci-context.ts'
import { endpointDescriptionDoor, heartbeatDoor, labelsDoor, onlyPost, servingDoor } from './serving.ts'
import { runStream } from './run-stream.ts'
import { openApiDoor, readerDoor, v1Door } from './v1/door.ts'
import { V1_ROOT } from './v1/root.ts'

/** The version of MLflow's protocol that we speak; clients ask for it before they choose how to trace. */
const MLFLOW_VERSION = '3.11.2'

/** Every door beside the pages, with who may use it. Registered from this table and from nowhere else. */
export const DOORS: readonly Door[] = [
  ...API_ROOTS.flatMap(mlflowDoors),
  { methods: ['GET'], path: '/get-artifact', policy: { token: 'track' }, answer: runFileDoor },
  { methods: ['GET'], path: '/model-versions/get-artifact', policy: { token: 'track' }, answer: versionFileDoor },
  { methods: ['POST'], path: '/v1/traces', policy: { token: 'track' }, answer: serverInfoDoor },
  { methods: ['GET', 'POST'], path: `${V1_ROOT}/*`, policy: { token: 'track' }, answer: v1Door },
  { methods: ['GET'], path: '/api/openapi.json', policy: 'public', answer: openApiDoor },
  { methods: ['GET'], path: '/api/docs', policy: 'public', answer: readerDoor },
  // Checks its own token: it belongs to whoever runs the instance, not to an engagement.
  { methods: ['GET'], path: '/metrics', policy: 'public', answer: metricsDoor },
  { methods: ['GET'], path: '/version', policy: 'public', answer: (c) => Promise.resolve(c.text(MLFLOW_VERSION)) },
  {
    methods: ['POST'],
    path: '/endpoints/:slug/invocations',
    policy: { token: 'predict' },
    answer: servingDoor('invocations'),
  },
  { methods: ['POST'], path: '/endpoints/:slug/predict', policy: { token: 'predict' }, answer: servingDoor('predict') },
  { methods: ['POST'], path: '/endpoints/:slug/labels', policy: { token: 'predict' }, answer: labelsDoor },
  { methods: ['POST'], path: '/endpoints/:slug/heartbeats', policy: { token: 'predict' }, answer: heartbeatDoor },
  {
    methods: ['GET'],
    path: '/endpoints/:slug/openapi.json',
    policy: { token: 'predict' },
    answer: endpointDescriptionDoor,
  },
  ...[
    '/endpoints/:slug/invocations',
    '/endpoints/:slug/predict',
    '/endpoints/:slug/labels',
    '/v2/models/:slug/infer',
  ].map((path): Door => ({ methods: ['GET', 'PUT', 'PATCH', 'DELETE'], path, policy: 'public', answer: onlyPost })),
  { methods: ['GET'], path: '/v2/models/:slug', policy: { token: 'predict' }, answer: servingDoor('metadata') },
  { methods: ['GET'], path: '/v2/models/:slug/ready', policy: { token: 'predict' }, answer: servingDoor('ready') },
  { methods: ['POST'], path: '/v2/models/:slug/infer', policy: { token: 'predict' }, answer: servingDoor('infer') },
  {
    methods: ['GET'],
    path: '/v2/health/live',
    policy: 'public',
    answer: (c) => Promise.resolve(c.json({ live: true })),
  },
  {
    methods: ['GET'],
    path: '/v2/health/ready',
    policy: 'public',
    answer: (c) => Promise.resolve(c.json({ ready: true })),
  },
  // The secret in the address is the key: calendar programmes send nothing else.
  { methods: ['GET'], path: '/calendars/:file', policy: 'public', answer: calendarDoor },
  {
    methods: ['GET'],
    path: '/live/engagements/:engagementId/jobs/:jobId',
    policy: { session: 'team' },
    answer: jobStream,
  },
  {
    methods: ['GET'],
    path: '/live/engagements/:engagementId/runs/:runId',
    policy: { session: 'engagement' },
    answer: runStream,
  },
  {
    methods: ['GET'],
    path: '/engagements/:engagementId/models/:modelVersionId/context.tar',
    policy: { session: 'team' },
    answer: ociContext,
  },
  {
    methods: ['GET'],
    path: '/engagements/:engagementId/runs/:runId/artifacts/*',
    policy: { session: 'engagement' },
    answer: downloadArtifact,
  },
]

/** MLflow's REST protocol below one of its roots. */
function mlflowDoors(root: (typeof API_ROOTS)[number]): readonly Door[] {
  const policy = { token: 'track' } as const
  const files = `${root}/2.0/mlflow-artifacts`
  return [
    { methods: ['POST'], path: `${root}/2.0/mlflow/upload-artifact`, policy, answer: uploadDoor },
    {
      methods: ['GET'],
      path: `${root}/2.0/mlflow/logged-models/:modelId/artifacts/files`,
      policy,
      answer: modelFileDoor,
    },
    { methods: ['GET', 'POST', 'PATCH', 'DELETE'], path: `${root}/2.0/mlflow/*`, policy, answer: mlflowDoor },
    { methods: ['GET', 'POST'], path: `${root}/3.0/mlflow/*`, policy, answer: serverInfoDoor },
    { methods: ['GET'], path: `${files}/artifacts`, policy, answer: artifactsDoor },
    { methods: ['GET', 'PUT', 'DELETE'], path: `${files}/artifacts/*`, policy, answer: artifactsDoor },
    // A part of a file comes with the secret in its address instead of a token.
    { methods: ['POST', 'PUT'], path: `${files}/mpu/*`, policy, answer: multipartDoor },
  ]
}

/** Put the doors before the pages. */
export function registerApiDoors(app: Hono<GuardEnv>, deps: WebDeps): void {
  for (const door of DOORS) {
    app.on([...door.methods], door.path, async (c) => {
      try {
        return await door.answer(c, deps)
      } catch (error) {
        if (isAppError(error) && error.code === 'not_found') return missing(c)
        throw error
      }
    })
  }
}

async function downloadArtifact(c: ApiContext, deps: WebDeps): Promise<Response> {
  const visitor = await visitorOf(c, deps, 'engagement')
  if (!visitor?.table) return missing(c)
  const { engagement } = visitor.table
  const prefix = `/engagements/${engagement.id}/runs/${c.req.param('runId') ?? ''}/artifacts/`
  const path = decoded(new URL(c.req.url).pathname.slice(prefix.length))
  if (path === null) return missing(c)
  const file = await visitor.portal.reads(async (tx) => {
    const run = await getRun(tx, engagement.id, toRunId(c.req.param('runId')))
    return findArtifact(tx, run.id, path)
  })
  return file
    ? fileResponse(deps.blobs, engagement.id, { ...file, name: path.split('/').at(-1) ?? 'file' }, c.req.raw)
    : missing(c)
}

/** Null for an escape that is none. */
function decoded(place: string): string | null {
  try {
    return decodeURIComponent(place)
  } catch {
    return null
  }
}

function missing(c: ApiContext): Response {
  return c.text('This page does not exist, or is not yours to see.', 404)
}
