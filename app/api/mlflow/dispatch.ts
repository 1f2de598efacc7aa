import type { Endpoint } from './endpoint.ts'
import * as experiments from './endpoints/experiments.ts'
import * as models from './endpoints/models.ts'
import * as runs from './endpoints/runs.ts'

/** The tracking REST API: method and path below /api/2.0/mlflow/ to endpoint. What is not here does not exist. */
export const MLFLOW_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'POST experiments/create': experiments.create,
  'GET experiments/get': experiments.get,
  'GET experiments/get-by-name': experiments.getByName,
  'POST experiments/search': experiments.search,
  'GET experiments/search': experiments.search,
  'POST runs/create': runs.create,
  'GET runs/get': runs.get,
  'POST runs/update': runs.update,
  'POST runs/search': runs.search,
  'POST runs/log-metric': runs.logMetric,
  'POST runs/log-parameter': runs.logParameter,
  'POST runs/log-batch': runs.logBatch,
  'POST runs/log-inputs': runs.logInputs,
  'POST runs/set-tag': runs.setTag,
  'GET metrics/get-history': runs.getHistory,
  'POST registered-models/create': models.create,
  'GET registered-models/get': models.get,
  'GET registered-models/search': models.search,
  'POST registered-models/get-latest-versions': models.getLatestVersions,
  'GET registered-models/get-latest-versions': models.getLatestVersions,
  'POST model-versions/create': models.createVersion,
  'GET model-versions/get': models.getVersion,
  'GET model-versions/get-download-uri': models.getDownloadUri,
  'GET model-versions/search': models.searchVersions,
}
