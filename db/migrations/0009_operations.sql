CREATE TABLE "checklist_items" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"phase" text NOT NULL,
	"label" text NOT NULL,
	"position" integer NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "checklist_items_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "checklist_items_engagementId_position_unique" UNIQUE("engagement_id","position")
);
--> statement-breakpoint
CREATE TABLE "checklist_marks" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"item_id" uuid NOT NULL,
	"mark" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"marked_by" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gate_switches" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"criterion_id" uuid NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"switched_by" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "endpoint_flags" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"raised_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolved_by" uuid,
	"reason" text DEFAULT '' NOT NULL,
	CONSTRAINT "endpoint_flags_eventId_endpointId_unique" UNIQUE("event_id","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "external_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"issue_id" uuid NOT NULL,
	"title" text NOT NULL,
	"what_changed" text NOT NULL,
	"source" text NOT NULL,
	"effective_on" date NOT NULL,
	"is_suspending" boolean NOT NULL,
	"affected" jsonb NOT NULL,
	"change_id" uuid NOT NULL,
	"register_item_id" uuid NOT NULL,
	"issued_by" uuid NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	CONSTRAINT "external_events_engagementId_issueId_unique" UNIQUE("engagement_id","issue_id"),
	CONSTRAINT "external_events_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "form_requests" (
	"person_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"location" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "form_requests_person_id_digest_pk" PRIMARY KEY("person_id","digest")
);
--> statement-breakpoint
CREATE TABLE "handovers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"content" jsonb NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	CONSTRAINT "handovers_engagementId_version_unique" UNIQUE("engagement_id","version")
);
--> statement-breakpoint
CREATE TABLE "heartbeats" (
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"name" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"model_version" integer NOT NULL,
	"interval_seconds" integer NOT NULL,
	"requests" integer NOT NULL,
	"errors" integer NOT NULL,
	"reported_by" text NOT NULL,
	"reported_at" timestamp with time zone NOT NULL,
	CONSTRAINT "heartbeats_endpoint_id_name_starts_at_pk" PRIMARY KEY("endpoint_id","name","starts_at")
);
--> statement-breakpoint
CREATE TABLE "calendar_links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "calendar_links_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "meeting_attendees" (
	"engagement_id" uuid NOT NULL,
	"meeting_id" uuid NOT NULL,
	"audience" text NOT NULL,
	"person_id" uuid NOT NULL,
	CONSTRAINT "meeting_attendees_meeting_id_person_id_pk" PRIMARY KEY("meeting_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "meeting_corrections" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"meeting_id" uuid NOT NULL,
	"audience" text NOT NULL,
	"text" text NOT NULL,
	"written_by" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "meeting_points" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"meeting_id" uuid NOT NULL,
	"audience" text NOT NULL,
	"position" integer NOT NULL,
	"text" text NOT NULL,
	"subject" text NOT NULL,
	"subject_id" uuid,
	"minutes" text DEFAULT '' NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "meeting_points_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "meeting_points_meetingId_subjectId_unique" UNIQUE("meeting_id","subject_id"),
	CONSTRAINT "meeting_points_subject" CHECK (("meeting_points"."subject" = 'own') = ("meeting_points"."subject_id" is null))
);
--> statement-breakpoint
CREATE TABLE "meetings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"audience" text NOT NULL,
	"title" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"time_zone" text NOT NULL,
	"length_minutes" integer NOT NULL,
	"place" text DEFAULT '' NOT NULL,
	"state" text DEFAULT 'planned' NOT NULL,
	"state_reason" text DEFAULT '' NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"planned_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"ended_by" uuid,
	"ended_at" timestamp with time zone,
	CONSTRAINT "meetings_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "meetings_length" CHECK ("meetings"."length_minutes" between 5 and 1440),
	CONSTRAINT "meetings_ended" CHECK (("meetings"."state" = 'planned') = ("meetings"."ended_at" is null))
);
--> statement-breakpoint
CREATE TABLE "prediction_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"deployment_id" uuid NOT NULL,
	"file_name" text NOT NULL,
	"state" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"rows" integer NOT NULL,
	"rows_done" integer DEFAULT 0 NOT NULL,
	"rows_refused" integer DEFAULT 0 NOT NULL,
	"input_sha256" text NOT NULL,
	"output_sha256" text,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "prediction_batches_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "schedule_firings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"schedule_id" uuid NOT NULL,
	"key" text NOT NULL,
	"fire_at" timestamp with time zone NOT NULL,
	"dataset_version_id" uuid,
	"state" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"job_id" uuid,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "schedule_firings_scheduleId_key_unique" UNIQUE("schedule_id","key")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"name" text NOT NULL,
	"payload" jsonb NOT NULL,
	"priority" integer NOT NULL,
	"trigger" text NOT NULL,
	"cron" text DEFAULT '' NOT NULL,
	"time_zone" text NOT NULL,
	"watched_dataset_id" uuid,
	"watched_role" text,
	"overlap" text NOT NULL,
	"misfire" text NOT NULL,
	"next_at" timestamp with time zone,
	"paused_at" timestamp with time zone,
	"paused_by" uuid,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "schedules_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "schedules_trigger" CHECK (("schedules"."trigger" = 'time') = ("schedules"."watched_dataset_id" is null))
);
--> statement-breakpoint
CREATE TABLE "storage_quotas" (
	"engagement_id" uuid PRIMARY KEY NOT NULL,
	"used_bytes" bigint DEFAULT 0 NOT NULL,
	"limit_bytes" bigint
);
--> statement-breakpoint
CREATE TABLE "stored_blobs" (
	"engagement_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"stored_at" timestamp with time zone NOT NULL,
	CONSTRAINT "stored_blobs_engagement_id_sha256_pk" PRIMARY KEY("engagement_id","sha256")
);
--> statement-breakpoint
ALTER TABLE "change_requests" ADD COLUMN "withdrawn_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD COLUMN "suspends" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD COLUMN "purpose" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD COLUMN "requests_per_minute" integer;--> statement-breakpoint
ALTER TABLE "mail_outbox" ADD COLUMN "calendar" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "viewing_engagement_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "viewing_person_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "viewing_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "register_items" ADD COLUMN "meeting_point_id" uuid;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "token_hash" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deliverables" ADD COLUMN "withdrawn_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "checklist_items" ADD CONSTRAINT "checklist_items_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checklist_items" ADD CONSTRAINT "checklist_items_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checklist_marks" ADD CONSTRAINT "checklist_marks_marked_by_persons_id_fk" FOREIGN KEY ("marked_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checklist_marks" ADD CONSTRAINT "checklist_marks_engagement_id_item_id_checklist_items_engagement_id_id_fk" FOREIGN KEY ("engagement_id","item_id") REFERENCES "public"."checklist_items"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gate_switches" ADD CONSTRAINT "gate_switches_switched_by_persons_id_fk" FOREIGN KEY ("switched_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gate_switches" ADD CONSTRAINT "gate_switches_engagement_id_criterion_id_criteria_engagement_id_id_fk" FOREIGN KEY ("engagement_id","criterion_id") REFERENCES "public"."criteria"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_flags" ADD CONSTRAINT "endpoint_flags_resolved_by_persons_id_fk" FOREIGN KEY ("resolved_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_flags" ADD CONSTRAINT "endpoint_flags_engagement_id_event_id_external_events_engagement_id_id_fk" FOREIGN KEY ("engagement_id","event_id") REFERENCES "public"."external_events"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_flags" ADD CONSTRAINT "endpoint_flags_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_events" ADD CONSTRAINT "external_events_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_events" ADD CONSTRAINT "external_events_change_id_change_requests_id_fk" FOREIGN KEY ("change_id") REFERENCES "public"."change_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_events" ADD CONSTRAINT "external_events_register_item_id_register_items_id_fk" FOREIGN KEY ("register_item_id") REFERENCES "public"."register_items"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_events" ADD CONSTRAINT "external_events_issued_by_persons_id_fk" FOREIGN KEY ("issued_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "form_requests" ADD CONSTRAINT "form_requests_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handovers" ADD CONSTRAINT "handovers_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handovers" ADD CONSTRAINT "handovers_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "heartbeats" ADD CONSTRAINT "heartbeats_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calendar_links" ADD CONSTRAINT "calendar_links_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calendar_links" ADD CONSTRAINT "calendar_links_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meeting_attendees" ADD CONSTRAINT "meeting_attendees_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meeting_attendees" ADD CONSTRAINT "meeting_attendees_engagement_id_meeting_id_meetings_engagement_id_id_fk" FOREIGN KEY ("engagement_id","meeting_id") REFERENCES "public"."meetings"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meeting_corrections" ADD CONSTRAINT "meeting_corrections_written_by_persons_id_fk" FOREIGN KEY ("written_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meeting_corrections" ADD CONSTRAINT "meeting_corrections_engagement_id_meeting_id_meetings_engagement_id_id_fk" FOREIGN KEY ("engagement_id","meeting_id") REFERENCES "public"."meetings"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meeting_points" ADD CONSTRAINT "meeting_points_engagement_id_meeting_id_meetings_engagement_id_id_fk" FOREIGN KEY ("engagement_id","meeting_id") REFERENCES "public"."meetings"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meetings" ADD CONSTRAINT "meetings_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meetings" ADD CONSTRAINT "meetings_planned_by_persons_id_fk" FOREIGN KEY ("planned_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meetings" ADD CONSTRAINT "meetings_ended_by_persons_id_fk" FOREIGN KEY ("ended_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_engagement_id_schedule_id_schedules_engagement_id_id_fk" FOREIGN KEY ("engagement_id","schedule_id") REFERENCES "public"."schedules"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_engagement_id_job_id_jobs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","job_id") REFERENCES "public"."jobs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_engagement_id_dataset_version_id_dataset_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","dataset_version_id") REFERENCES "public"."dataset_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_paused_by_persons_id_fk" FOREIGN KEY ("paused_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_engagement_id_watched_dataset_id_datasets_engagement_id_id_fk" FOREIGN KEY ("engagement_id","watched_dataset_id") REFERENCES "public"."datasets"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "storage_quotas" ADD CONSTRAINT "storage_quotas_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_blobs" ADD CONSTRAINT "stored_blobs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checklist_marks_item_id_id_index" ON "checklist_marks" USING btree ("item_id","id");--> statement-breakpoint
CREATE INDEX "gate_switches_engagement_id_criterion_id_id_index" ON "gate_switches" USING btree ("engagement_id","criterion_id","id");--> statement-breakpoint
CREATE INDEX "endpoint_flags_endpoint_id_index" ON "endpoint_flags" USING btree ("endpoint_id");--> statement-breakpoint
CREATE INDEX "external_events_issue_id_index" ON "external_events" USING btree ("issue_id");--> statement-breakpoint
CREATE INDEX "calendar_links_person_id_engagement_id_index" ON "calendar_links" USING btree ("person_id","engagement_id");--> statement-breakpoint
CREATE INDEX "meeting_attendees_person_id_index" ON "meeting_attendees" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "meeting_corrections_meeting_id_at_index" ON "meeting_corrections" USING btree ("meeting_id","at");--> statement-breakpoint
CREATE INDEX "meetings_engagement_id_starts_at_index" ON "meetings" USING btree ("engagement_id","starts_at");--> statement-breakpoint
CREATE INDEX "prediction_batches_endpoint_id_requested_at_index" ON "prediction_batches" USING btree ("endpoint_id","requested_at");--> statement-breakpoint
CREATE INDEX "prediction_batches_engagement_id_input_sha256_index" ON "prediction_batches" USING btree ("engagement_id","input_sha256");--> statement-breakpoint
CREATE INDEX "prediction_batches_engagement_id_output_sha256_index" ON "prediction_batches" USING btree ("engagement_id","output_sha256");--> statement-breakpoint
CREATE INDEX "schedule_firings_schedule_id_fire_at_index" ON "schedule_firings" USING btree ("schedule_id","fire_at");--> statement-breakpoint
CREATE INDEX "schedule_firings_waiting" ON "schedule_firings" USING btree ("schedule_id") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "schedules_watched_dataset_id_index" ON "schedules" USING btree ("watched_dataset_id");--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" USING btree ("next_at") WHERE paused_at is null;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_viewing_engagement_id_engagements_id_fk" FOREIGN KEY ("viewing_engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_viewing_person_id_persons_id_fk" FOREIGN KEY ("viewing_person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_items" ADD CONSTRAINT "register_items_engagement_id_meeting_point_id_meeting_points_engagement_id_id_fk" FOREIGN KEY ("engagement_id","meeting_point_id") REFERENCES "public"."meeting_points"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_engagement_id_subject_id_index" ON "events" USING btree ("engagement_id","subject_id");--> statement-breakpoint
-- By hand: runs that jobs made say who asked for the job.
UPDATE "runs" SET "user_name" = "persons"."name" FROM "jobs", "persons" WHERE "jobs"."id" = "runs"."job_id" AND "persons"."id" = "jobs"."requested_by" AND "runs"."user_name" = 'throughline';
