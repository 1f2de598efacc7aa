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
ALTER TABLE "sessions" ADD COLUMN "viewing_engagement_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "viewing_person_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "viewing_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "token_hash" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deliverables" ADD COLUMN "withdrawn_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "form_requests" ADD CONSTRAINT "form_requests_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handovers" ADD CONSTRAINT "handovers_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handovers" ADD CONSTRAINT "handovers_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prediction_batches" ADD CONSTRAINT "prediction_batches_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "storage_quotas" ADD CONSTRAINT "storage_quotas_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_blobs" ADD CONSTRAINT "stored_blobs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "prediction_batches_endpoint_id_requested_at_index" ON "prediction_batches" USING btree ("endpoint_id","requested_at");--> statement-breakpoint
CREATE INDEX "prediction_batches_engagement_id_input_sha256_index" ON "prediction_batches" USING btree ("engagement_id","input_sha256");--> statement-breakpoint
CREATE INDEX "prediction_batches_engagement_id_output_sha256_index" ON "prediction_batches" USING btree ("engagement_id","output_sha256");--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_viewing_engagement_id_engagements_id_fk" FOREIGN KEY ("viewing_engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_viewing_person_id_persons_id_fk" FOREIGN KEY ("viewing_person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_engagement_id_subject_id_index" ON "events" USING btree ("engagement_id","subject_id");--> statement-breakpoint
-- By hand: runs that jobs made say who asked for the job.
UPDATE "runs" SET "user_name" = "persons"."name" FROM "jobs", "persons" WHERE "jobs"."id" = "runs"."job_id" AND "persons"."id" = "jobs"."requested_by" AND "runs"."user_name" = 'throughline';
