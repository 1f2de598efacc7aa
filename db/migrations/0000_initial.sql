CREATE TABLE "criteria" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"withdrawn_at" timestamp with time zone,
	CONSTRAINT "criteria_engagementId_key_unique" UNIQUE("engagement_id","key"),
	CONSTRAINT "criteria_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "criterion_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"criterion_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"content" jsonb NOT NULL,
	"document" text,
	"content_hash" text,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"agreed_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "criterion_versions_criterionId_version_unique" UNIQUE("criterion_id","version"),
	CONSTRAINT "criterion_versions_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "dataset_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"dataset_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"digest" text NOT NULL,
	"sha256" text,
	"source" text NOT NULL,
	"source_note" text DEFAULT '' NOT NULL,
	"state" text DEFAULT 'available' NOT NULL,
	"profile" jsonb NOT NULL,
	"mlflow_source_type" text DEFAULT 'throughline' NOT NULL,
	"mlflow_source" text DEFAULT '' NOT NULL,
	"mlflow_schema" text,
	"mlflow_profile" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "dataset_versions_datasetId_digest_unique" UNIQUE("dataset_id","digest"),
	CONSTRAINT "dataset_versions_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"licence" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "datasets_engagementId_name_unique" UNIQUE("engagement_id","name"),
	CONSTRAINT "datasets_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "decision_heads" (
	"organisation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "decision_heads_organisation_id_pk" PRIMARY KEY("organisation_id")
);
--> statement-breakpoint
CREATE TABLE "decision_records" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"engagement_id" uuid NOT NULL,
	"sign_off_id" uuid NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"subject_hash" text NOT NULL,
	"outcome" text NOT NULL,
	"side" text NOT NULL,
	"rationale" text NOT NULL,
	"decided_by" uuid NOT NULL,
	"authority" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"body" text NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "decision_records_organisationId_seq_unique" UNIQUE("organisation_id","seq")
);
--> statement-breakpoint
CREATE TABLE "evidence_snapshots" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"document" text NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_offs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"subject_hash" text NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"sent_by" uuid NOT NULL,
	"sent_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "engagements" (
	"id" uuid PRIMARY KEY NOT NULL,
	"client_organisation_id" uuid NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"target_end" date,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"state_changed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "engagements_code_unique" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "problem_statements" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"content" jsonb NOT NULL,
	"document" text,
	"content_hash" text,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"agreed_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "problem_statements_engagementId_version_unique" UNIQUE("engagement_id","version")
);
--> statement-breakpoint
CREATE TABLE "seats" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"function" text NOT NULL,
	"raci" text NOT NULL,
	"required" boolean DEFAULT false NOT NULL,
	"person_id" uuid,
	"held_from" timestamp with time zone,
	"vacated_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "evaluations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"criterion_version_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"verdict" text NOT NULL,
	"value" double precision,
	"ci_low" double precision,
	"ci_high" double precision,
	"rows" integer,
	"reason" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"evaluator" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "evaluations_criterionVersionId_runId_sequence_unique" UNIQUE("criterion_version_id","run_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"engagement_id" uuid,
	"person_id" uuid,
	"actor_name" text NOT NULL,
	"subject_id" text NOT NULL,
	"summary" text NOT NULL,
	"detail" jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "job_logs" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"stream" text NOT NULL,
	"text" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"payload" jsonb NOT NULL,
	"state" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"lease_token" uuid,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"cancel_asked_at" timestamp with time zone,
	"progress" double precision DEFAULT 0 NOT NULL,
	"progress_note" text DEFAULT '' NOT NULL,
	"idempotency_key" text,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "jobs_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "jobs_engagementId_idempotencyKey_unique" UNIQUE("engagement_id","idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"heartbeat_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deployments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"revision" integer NOT NULL,
	"model_version_id" uuid NOT NULL,
	"state" text NOT NULL,
	"gate" jsonb NOT NULL,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"live_from" timestamp with time zone,
	"live_until" timestamp with time zone,
	"probe" jsonb,
	"failure" text,
	CONSTRAINT "deployments_endpointId_revision_unique" UNIQUE("endpoint_id","revision")
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"slug" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "endpoints_slug_unique" UNIQUE("slug"),
	CONSTRAINT "endpoints_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "endpoints_modelId_unique" UNIQUE("model_id")
);
--> statement-breakpoint
CREATE TABLE "model_version_tags" (
	"engagement_id" uuid NOT NULL,
	"model_version_id" uuid NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "model_version_tags_model_version_id_key_pk" PRIMARY KEY("model_version_id","key")
);
--> statement-breakpoint
CREATE TABLE "model_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"run_id" text,
	"source" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"user_name" text DEFAULT '' NOT NULL,
	"files" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "model_versions_modelId_version_unique" UNIQUE("model_id","version"),
	CONSTRAINT "model_versions_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "registered_model_tags" (
	"engagement_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "registered_model_tags_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "registered_models" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "registered_models_engagementId_name_unique" UNIQUE("engagement_id","name"),
	CONSTRAINT "registered_models_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "organisations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"prefix" text NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"person_id" uuid,
	"job_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_tokens_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "credentials" (
	"person_id" uuid PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail_outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"to_address" text NOT NULL,
	"to_name" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"links" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"is_kept" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"person_id" uuid NOT NULL,
	"organisation_id" uuid NOT NULL,
	"role" text NOT NULL,
	"organisation_kind" text NOT NULL,
	CONSTRAINT "memberships_person_id_organisation_id_pk" PRIMARY KEY("person_id","organisation_id")
);
--> statement-breakpoint
CREATE TABLE "one_time_links" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"person_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"absolute_expires_at" timestamp with time zone NOT NULL,
	"user_agent" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "persons" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "persons_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "artifacts" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"path" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "artifacts_run_id_path_pk" PRIMARY KEY("run_id","path")
);
--> statement-breakpoint
CREATE TABLE "experiment_tags" (
	"engagement_id" uuid NOT NULL,
	"experiment_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "experiment_tags_experiment_id_key_pk" PRIMARY KEY("experiment_id","key")
);
--> statement-breakpoint
CREATE TABLE "experiments" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"name" text NOT NULL,
	"lifecycle_stage" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "experiments_engagementId_name_unique" UNIQUE("engagement_id","name"),
	CONSTRAINT "experiments_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "latest_metrics" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"dataset_name" text DEFAULT '' NOT NULL,
	"dataset_digest" text DEFAULT '' NOT NULL,
	"step" bigint NOT NULL,
	"timestamp" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "latest_metrics_run_id_key_dataset_name_dataset_digest_pk" PRIMARY KEY("run_id","key","dataset_name","dataset_digest")
);
--> statement-breakpoint
CREATE TABLE "metric_points" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp" bigint NOT NULL,
	"value" double precision NOT NULL,
	"dataset_name" text DEFAULT '' NOT NULL,
	"dataset_digest" text DEFAULT '' NOT NULL,
	CONSTRAINT "metric_points_run_id_key_step_timestamp_value_dataset_name_dataset_digest_pk" PRIMARY KEY("run_id","key","step","timestamp","value","dataset_name","dataset_digest")
);
--> statement-breakpoint
CREATE TABLE "run_inputs" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"dataset_version_id" uuid NOT NULL,
	"role" text NOT NULL,
	"context" text DEFAULT '' NOT NULL,
	CONSTRAINT "run_inputs_run_id_dataset_version_id_role_pk" PRIMARY KEY("run_id","dataset_version_id","role")
);
--> statement-breakpoint
CREATE TABLE "run_params" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "run_params_run_id_key_pk" PRIMARY KEY("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "run_tags" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "run_tags_run_id_key_pk" PRIMARY KEY("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"experiment_id" bigint NOT NULL,
	"name" text NOT NULL,
	"user_name" text DEFAULT '' NOT NULL,
	"state" text NOT NULL,
	"lifecycle_stage" text DEFAULT 'active' NOT NULL,
	"start_time" bigint,
	"end_time" bigint,
	"started_by" uuid,
	"job_id" uuid,
	"is_verified" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "runs_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "deliverables" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"key" text NOT NULL,
	"title" text NOT NULL,
	"due" date,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "deliverables_engagementId_key_unique" UNIQUE("engagement_id","key"),
	CONSTRAINT "deliverables_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "work_entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"criterion_id" uuid,
	"deliverable_id" uuid,
	"started_at" timestamp with time zone NOT NULL,
	"minutes" integer,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "criteria" ADD CONSTRAINT "criteria_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "criterion_versions" ADD CONSTRAINT "criterion_versions_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "criterion_versions" ADD CONSTRAINT "criterion_versions_engagement_id_criterion_id_criteria_engagement_id_id_fk" FOREIGN KEY ("engagement_id","criterion_id") REFERENCES "public"."criteria"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD CONSTRAINT "dataset_versions_engagement_id_dataset_id_datasets_engagement_id_id_fk" FOREIGN KEY ("engagement_id","dataset_id") REFERENCES "public"."datasets"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "datasets" ADD CONSTRAINT "datasets_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_heads" ADD CONSTRAINT "decision_heads_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_sign_off_id_sign_offs_id_fk" FOREIGN KEY ("sign_off_id") REFERENCES "public"."sign_offs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_decided_by_persons_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_snapshot_id_evidence_snapshots_id_fk" FOREIGN KEY ("snapshot_id") REFERENCES "public"."evidence_snapshots"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evidence_snapshots" ADD CONSTRAINT "evidence_snapshots_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD CONSTRAINT "sign_offs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD CONSTRAINT "sign_offs_sent_by_persons_id_fk" FOREIGN KEY ("sent_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "engagements" ADD CONSTRAINT "engagements_client_organisation_id_organisations_id_fk" FOREIGN KEY ("client_organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "engagements" ADD CONSTRAINT "engagements_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "problem_statements" ADD CONSTRAINT "problem_statements_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "problem_statements" ADD CONSTRAINT "problem_statements_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" ADD CONSTRAINT "seats_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" ADD CONSTRAINT "seats_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_engagement_id_criterion_version_id_criterion_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","criterion_version_id") REFERENCES "public"."criterion_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_logs" ADD CONSTRAINT "job_logs_engagement_id_job_id_jobs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","job_id") REFERENCES "public"."jobs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_engagement_id_model_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_engagement_id_model_id_registered_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."registered_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_version_tags" ADD CONSTRAINT "model_version_tags_engagement_id_model_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_engagement_id_model_id_registered_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."registered_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registered_model_tags" ADD CONSTRAINT "registered_model_tags_engagement_id_model_id_registered_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."registered_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registered_models" ADD CONSTRAINT "registered_models_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "persons" ADD CONSTRAINT "persons_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_tags" ADD CONSTRAINT "experiment_tags_engagement_id_experiment_id_experiments_engagement_id_id_fk" FOREIGN KEY ("engagement_id","experiment_id") REFERENCES "public"."experiments"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiments" ADD CONSTRAINT "experiments_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "latest_metrics" ADD CONSTRAINT "latest_metrics_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metric_points" ADD CONSTRAINT "metric_points_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_inputs" ADD CONSTRAINT "run_inputs_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_inputs" ADD CONSTRAINT "run_inputs_engagement_id_dataset_version_id_dataset_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","dataset_version_id") REFERENCES "public"."dataset_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_params" ADD CONSTRAINT "run_params_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_tags" ADD CONSTRAINT "run_tags_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_started_by_persons_id_fk" FOREIGN KEY ("started_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_engagement_id_experiment_id_experiments_engagement_id_id_fk" FOREIGN KEY ("engagement_id","experiment_id") REFERENCES "public"."experiments"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliverables" ADD CONSTRAINT "deliverables_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "work_entries" ADD CONSTRAINT "work_entries_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "work_entries" ADD CONSTRAINT "work_entries_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "work_entries" ADD CONSTRAINT "work_entries_engagement_id_criterion_id_criteria_engagement_id_id_fk" FOREIGN KEY ("engagement_id","criterion_id") REFERENCES "public"."criteria"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "work_entries" ADD CONSTRAINT "work_entries_engagement_id_deliverable_id_deliverables_engagement_id_id_fk" FOREIGN KEY ("engagement_id","deliverable_id") REFERENCES "public"."deliverables"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "criterion_versions_one_agreed" ON "criterion_versions" USING btree ("criterion_id") WHERE state = 'agreed';--> statement-breakpoint
CREATE INDEX "decision_records_engagement_id_at_index" ON "decision_records" USING btree ("engagement_id","at");--> statement-breakpoint
CREATE INDEX "decision_records_subject_id_index" ON "decision_records" USING btree ("subject_id");--> statement-breakpoint
CREATE INDEX "decision_records_sign_off_id_index" ON "decision_records" USING btree ("sign_off_id");--> statement-breakpoint
CREATE INDEX "sign_offs_engagement_id_state_index" ON "sign_offs" USING btree ("engagement_id","state");--> statement-breakpoint
CREATE INDEX "sign_offs_subject_id_index" ON "sign_offs" USING btree ("subject_id");--> statement-breakpoint
CREATE INDEX "engagements_client_organisation_id_index" ON "engagements" USING btree ("client_organisation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "problem_statements_one_agreed" ON "problem_statements" USING btree ("engagement_id") WHERE state = 'agreed';--> statement-breakpoint
CREATE INDEX "seats_engagement_id_index" ON "seats" USING btree ("engagement_id");--> statement-breakpoint
CREATE INDEX "seats_person_id_index" ON "seats" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "seats_one_per_person" ON "seats" USING btree ("engagement_id","function","person_id") WHERE vacated_at is null;--> statement-breakpoint
CREATE INDEX "evaluations_run_id_index" ON "evaluations" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "events_engagement_id_id_index" ON "events" USING btree ("engagement_id","id");--> statement-breakpoint
CREATE INDEX "job_logs_job_id_id_index" ON "job_logs" USING btree ("job_id","id");--> statement-breakpoint
CREATE INDEX "jobs_engagement_id_requested_at_index" ON "jobs" USING btree ("engagement_id","requested_at");--> statement-breakpoint
CREATE INDEX "jobs_state_lease_until_index" ON "jobs" USING btree ("state","lease_until");--> statement-breakpoint
CREATE UNIQUE INDEX "deployments_one_live" ON "deployments" USING btree ("endpoint_id") WHERE state = 'live';--> statement-breakpoint
CREATE INDEX "deployments_model_version_id_index" ON "deployments" USING btree ("model_version_id");--> statement-breakpoint
CREATE INDEX "model_versions_run_id_index" ON "model_versions" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "api_tokens_engagement_id_index" ON "api_tokens" USING btree ("engagement_id");--> statement-breakpoint
CREATE INDEX "api_tokens_job_id_index" ON "api_tokens" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "mail_outbox_created_at_index" ON "mail_outbox" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sessions_person_id_index" ON "sessions" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "persons_organisation_id_index" ON "persons" USING btree ("organisation_id");--> statement-breakpoint
CREATE INDEX "artifacts_engagement_id_sha256_index" ON "artifacts" USING btree ("engagement_id","sha256");--> statement-breakpoint
CREATE INDEX "latest_metrics_engagement_id_key_value_index" ON "latest_metrics" USING btree ("engagement_id","key","value");--> statement-breakpoint
CREATE INDEX "run_inputs_dataset_version_id_index" ON "run_inputs" USING btree ("dataset_version_id");--> statement-breakpoint
CREATE INDEX "runs_experiment_id_start_time_index" ON "runs" USING btree ("experiment_id","start_time");--> statement-breakpoint
CREATE INDEX "runs_engagement_id_created_at_index" ON "runs" USING btree ("engagement_id","created_at");--> statement-breakpoint
CREATE INDEX "runs_job_id_index" ON "runs" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "work_entries_engagement_id_started_at_index" ON "work_entries" USING btree ("engagement_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "work_entries_one_timer" ON "work_entries" USING btree ("person_id") WHERE minutes is null;