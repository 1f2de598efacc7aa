import type { TokenUse } from '#app/commands/tokens.ts'
import { LIMITS } from '#app/domain/run.ts'
import type { Endpoint } from './endpoint.ts'
import * as experiments from './endpoints/experiments.ts'
import * as files from './endpoints/files.ts'
import * as loggedModels from './endpoints/logged-models.ts'
import * as bulk from './endpoints/metric-bulk.ts'
import * as versions from './endpoints/model-versions.ts'
import * as models from './endpoints/models.ts'
import * as search from './endpoints/run-search.ts'
import * as runs from './endpoints/runs.ts'

/**
 * The tracking REST API: method and path below /api/2.0/mlflow/ to endpoint. What is not here does not exist. `{name}`
 * stands for one part of the path, which the endpoint gets beside the body or the query.
 */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'POST experiments/create': experiments.create,
  'GET experiments/get': experiments.get,
  'GET experiments/get-by-name': experiments.getByName,
  'POST experiments/search': experiments.search,
  'GET experiments/search': experiments.search,
  'POST experiments/update': experiments.update,
  'POST experiments/delete': experiments.remove,
  'POST experiments/restore': experiments.restore,
  'POST experiments/set-experiment-tag': experiments.setTag,
  'POST experiments/delete-experiment-tag': experiments.deleteTag,
  'POST experiments/search-datasets': experiments.searchDatasets,
  'POST runs/create': runs.create,
  'GET runs/get': runs.get,
  'POST runs/update': runs.update,
  'POST runs/delete': runs.remove,
  'POST runs/restore': runs.restore,
  'POST runs/search': search.search,
  'POST runs/log-metric': runs.logMetric,
  'POST runs/log-parameter': runs.logParameter,
  'POST runs/log-batch': runs.logBatch,
  'POST runs/log-model': runs.logModel,
  'POST runs/log-inputs': runs.logInputs,
  'POST runs/outputs': runs.logOutputs,
  'POST runs/set-tag': runs.setTag,
  'POST runs/delete-tag': runs.deleteTag,
  'GET metrics/get-history': search.getHistory,
  'GET metrics/get-history-bulk': bulk.getBulk,
  'GET metrics/get-history-bulk-interval': bulk.getBulkInterval,
  'GET artifacts/list': files.list,
  'POST logged-models': loggedModels.create,
  'POST logged-models/search': loggedModels.search,
  'GET logged-models/{model_id}': loggedModels.get,
  'PATCH logged-models/{model_id}': loggedModels.finalize,
  'DELETE logged-models/{model_id}': loggedModels.remove,
  'POST logged-models/{model_id}/params': loggedModels.logParams,
  'PATCH logged-models/{model_id}/tags': loggedModels.setTags,
  'DELETE logged-models/{model_id}/tags/{tag_key}': loggedModels.deleteTag,
  'GET logged-models/{model_id}/artifacts/directories': loggedModels.listFiles,
  'POST registered-models/create': models.create,
  'GET registered-models/get': models.get,
  'POST registered-models/rename': models.rename,
  'PATCH registered-models/update': models.update,
  'DELETE registered-models/delete': models.remove,
  'GET registered-models/search': models.search,
  'POST registered-models/get-latest-versions': models.getLatestVersions,
  'GET registered-models/get-latest-versions': models.getLatestVersions,
  'POST registered-models/set-tag': models.setTag,
  'DELETE registered-models/delete-tag': models.deleteTag,
  'POST registered-models/alias': models.setAlias,
  'GET registered-models/alias': models.getByAlias,
  'DELETE registered-models/alias': models.deleteAlias,
  'POST model-versions/create': versions.create,
  'GET model-versions/get': versions.get,
  'PATCH model-versions/update': versions.update,
  'DELETE model-versions/delete': versions.remove,
  'GET model-versions/search': versions.search,
  'GET model-versions/get-download-uri': versions.getDownloadUri,
  'POST model-versions/transition-stage': versions.transition,
  'POST model-versions/set-tag': versions.setTag,
  'DELETE model-versions/delete-tag': versions.deleteTag,
}

/** Clients ask these by POST, and they change nothing. */
const READ_BY_POST: ReadonlySet<string> = new Set([
  'experiments/search',
  'experiments/search-datasets',
  'runs/search',
  'logged-models/search',
  'registered-models/get-latest-versions',
])

const PATTERNS = Object.entries(ENDPOINTS)
  .filter(([name]) => name.includes('{'))
  .map(([name, endpoint]) => ({ parts: name.split(/[ /]/), endpoint }))

/** Bodies that MLflow takes up to a size of their own. */
const BODY_BYTES_MAX: Readonly<Record<string, number>> = { 'runs/log-batch': LIMITS.batchBytesMax }

export interface Dispatched {
  readonly endpoint: Endpoint
  readonly bodyBytesMax: number | undefined
  readonly use: TokenUse
  /** Parts of the path by name, as they were sent, decoded once. */
  readonly path: Readonly<Record<string, string>>
}

/** @param path below the API's root, not decoded. @returns null for what does not exist */
export function dispatch(method: string, path: string): Dispatched | null {
  const name = `${method} ${path}`
  const use = method === 'GET' || READ_BY_POST.has(path) ? 'read' : 'write'
  const exact = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined
  const bodyBytesMax = BODY_BYTES_MAX[path]
  if (exact) return { endpoint: exact, use, path: {}, bodyBytesMax }
  const said = [method, ...path.split('/')]
  for (const { parts, endpoint } of PATTERNS) {
    if (parts.length !== said.length) continue
    const named = parts.map((part, at) => [part, said[at] ?? ''] as const)
    const isFitting = named.every(([part, value]) => (part.startsWith('{') ? value !== '' : part === value))
    if (!isFitting) continue
    const places = named.filter(([part]) => part.startsWith('{'))
    return {
      endpoint,
      use,
      bodyBytesMax,
      path: Object.fromEntries(places.map(([part, value]) => [part.slice(1, -1), decoded(value)])),
    }
  }
  return null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
