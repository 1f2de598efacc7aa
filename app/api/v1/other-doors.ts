import { z } from 'zod'
import { HeartbeatBody } from '#app/domain/heartbeat.ts'
import { REQUEST_ROWS_MAX } from '#app/domain/prediction-limits.ts'
import { LabelsBody } from '../serving.ts'
import type { Description } from './description.ts'

const JSON_TYPE = 'application/json'
const Nothing = z.object({})
const Slug = z.object({ slug: z.string().describe('The name of the endpoint') })

/** A model's own fields stand at `/endpoints/{slug}/openapi.json`; here is the shape around them. */
const Row = z.record(z.string(), z.union([z.number(), z.string(), z.null()]))
const Rows = z.object({ rows: z.array(Row).min(1).max(REQUEST_ROWS_MAX) })
const Prediction = z.union([z.number(), z.array(z.number())])
const Tensor = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  datatype: z.string(),
  data: z.array(z.unknown()),
})

const ofModel = (
  about: Pick<Description, 'method' | 'url' | 'name' | 'summary' | 'bodies' | 'answers'>,
): Description => ({
  ...about,
  params: Slug,
  refusal: 'Problem',
  isPublic: false,
})

const toAnybody = (about: Pick<Description, 'url' | 'name' | 'summary' | 'answers'>): Description => ({
  ...about,
  method: 'GET',
  params: Nothing,
  bodies: {},
  refusal: null,
  isPublic: true,
})

/** Every address for scripts and programs that is neither MLflow's protocol nor an operation on an engagement. */
export const OTHER_DOORS: readonly Description[] = [
  ofModel({
    method: 'POST',
    url: '/endpoints/{slug}/predict',
    name: 'predict',
    summary: 'Ask a model about one row, or about several; its fields stand at /endpoints/{slug}/openapi.json',
    bodies: { [JSON_TYPE]: z.union([Row, Rows]) },
    answers: {
      [JSON_TYPE]: z.union([z.object({ prediction: Prediction }), z.object({ predictions: z.array(Prediction) })]),
    },
  }),
  ofModel({
    method: 'POST',
    url: '/endpoints/{slug}/invocations',
    name: 'invoke',
    summary: 'Ask a model in the form of MLflow’s scoring protocol',
    bodies: {
      [JSON_TYPE]: z.looseObject({}).describe('dataframe_split, dataframe_records, instances or inputs'),
      'text/csv': null,
    },
    answers: { [JSON_TYPE]: z.object({ predictions: z.array(Prediction) }) },
  }),
  ofModel({
    method: 'POST',
    url: '/endpoints/{slug}/labels',
    name: 'tellTruth',
    summary: 'Say what turned out to be true of rows that were asked about',
    bodies: { [JSON_TYPE]: LabelsBody },
    answers: { [JSON_TYPE]: z.object({ matched: z.int(), unmatched: z.int() }) },
  }),
  ofModel({
    method: 'POST',
    url: '/endpoints/{slug}/heartbeats',
    name: 'reportHeartbeat',
    summary: 'Say of a deployment that runs elsewhere which version it runs, and how much it did',
    bodies: { [JSON_TYPE]: HeartbeatBody },
    answers: { [JSON_TYPE]: Nothing },
  }),
  ofModel({
    method: 'GET',
    url: '/endpoints/{slug}/openapi.json',
    name: 'describeEndpoint',
    summary: 'The fields of a served model, as OpenAPI 3.1',
    bodies: {},
    answers: { [JSON_TYPE]: z.looseObject({ openapi: z.string() }) },
  }),
  ofModel({
    method: 'GET',
    url: '/v2/models/{slug}',
    name: 'modelMetadata',
    summary: 'A served model, in the words of the Open Inference Protocol',
    bodies: {},
    answers: { [JSON_TYPE]: z.looseObject({ name: z.string() }) },
  }),
  ofModel({
    method: 'GET',
    url: '/v2/models/{slug}/ready',
    name: 'modelReady',
    summary: 'Whether a served model answers',
    bodies: {},
    answers: { [JSON_TYPE]: z.looseObject({}) },
  }),
  ofModel({
    method: 'POST',
    url: '/v2/models/{slug}/infer',
    name: 'infer',
    summary: 'Ask a model in the form of the Open Inference Protocol',
    bodies: { [JSON_TYPE]: z.looseObject({ inputs: z.array(Tensor) }) },
    answers: { [JSON_TYPE]: z.looseObject({ outputs: z.array(Tensor) }) },
  }),
  toAnybody({
    url: '/v2/health/live',
    name: 'serverLive',
    summary: 'Whether the portal runs',
    answers: { [JSON_TYPE]: z.object({ live: z.boolean() }) },
  }),
  toAnybody({
    url: '/v2/health/ready',
    name: 'serverReady',
    summary: 'Whether the portal takes questions',
    answers: { [JSON_TYPE]: z.object({ ready: z.boolean() }) },
  }),
  toAnybody({
    url: '/api/openapi.json',
    name: 'describeApi',
    summary: 'This description, for programs',
    answers: { [JSON_TYPE]: z.looseObject({ openapi: z.string() }) },
  }),
  toAnybody({
    url: '/api/docs',
    name: 'readApi',
    summary: 'This description, for people',
    answers: { 'text/html': null },
  }),
  {
    method: 'GET',
    url: '/metrics',
    name: 'readMetrics',
    summary: 'Counters of the instance for Prometheus, with the token of whoever runs it (METRICS_TOKEN)',
    params: Nothing,
    bodies: {},
    answers: { 'text/plain': null },
    refusal: null,
    isPublic: false,
  },
  {
    ...toAnybody({
      url: '/calendars/{file}',
      name: 'readCalendar',
      summary: 'A person’s meetings as iCalendar; the secret in the address is the key',
      answers: { 'text/calendar': null },
    }),
    params: z.object({ file: z.string() }),
  },
]
