import { AppError } from './errors.ts'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type OrganisationId = Id<'organisation'>
export type PersonId = Id<'person'>
export type EngagementId = Id<'engagement'>
export type SeatId = Id<'seat'>
export type ProblemStatementId = Id<'problemStatement'>
export type CriterionId = Id<'criterion'>
export type CriterionVersionId = Id<'criterionVersion'>
export type SignOffId = Id<'signOff'>
export type DecisionId = Id<'decision'>
export type SnapshotId = Id<'snapshot'>
export type DatasetVersionId = Id<'datasetVersion'>
export type RunId = Id<'run'>
export type ModelId = Id<'model'>
export type ModelVersionId = Id<'modelVersion'>
export type EndpointId = Id<'endpoint'>
export type DeploymentId = Id<'deployment'>
export type JobId = Id<'job'>
export type DeliverableId = Id<'deliverable'>
export type WorkEntryId = Id<'workEntry'>
export type TokenId = Id<'token'>
export type WaiverId = Id<'waiver'>
export type BatchId = Id<'batch'>
export type MeetingId = Id<'meeting'>
export type ScheduleId = Id<'schedule'>
export type RetrainingId = Id<'retraining'>
export type GrantId = Id<'grant'>
export type EnvironmentId = Id<'environment'>
export type EnvironmentVersionId = Id<'environmentVersion'>

export type AnyId =
  | OrganisationId
  | PersonId
  | EngagementId
  | SeatId
  | ProblemStatementId
  | CriterionId
  | CriterionVersionId
  | SignOffId
  | DecisionId
  | SnapshotId
  | DatasetVersionId
  | ModelId
  | ModelVersionId
  | EndpointId
  | DeploymentId
  | JobId
  | DeliverableId
  | WorkEntryId
  | TokenId
  | WaiverId
  | BatchId
  | MeetingId
  | ScheduleId
  | RetrainingId
  | GrantId
  | EnvironmentId
  | EnvironmentVersionId

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const RUN_ID = /^[0-9a-f]{32}$/

/**
 * The only way from text to an id: the text must be a lower-case UUID.
 * @throws AppError `not_found`: a malformed id names nothing
 */
export function toId<T extends AnyId>(text: string | undefined): T {
  if (text === undefined || !UUID.test(text)) throw new AppError('not_found', 'This does not exist.')
  return text as T // the brand has no value of its own; this file is where text becomes an id
}

/** True when the text has the form of one of our ids (lower-case UUID). */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/**
 * A run id as MLflow has it: 32 lower-case hexadecimal digits.
 * @throws AppError `not_found`
 */
export function toRunId(text: string | undefined): RunId {
  if (text === undefined || !RUN_ID.test(text)) throw new AppError('not_found', `Run with id=${text ?? ''} not found`)
  return text as RunId // as in toId
}
