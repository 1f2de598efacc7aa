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
ALTER TABLE "uploads" ADD COLUMN "token_hash" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "storage_quotas" ADD CONSTRAINT "storage_quotas_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_blobs" ADD CONSTRAINT "stored_blobs_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_engagement_id_subject_id_index" ON "events" USING btree ("engagement_id","subject_id");--> statement-breakpoint
-- By hand: runs that jobs made say who asked for the job.
UPDATE "runs" SET "user_name" = "persons"."name" FROM "jobs", "persons" WHERE "jobs"."id" = "runs"."job_id" AND "persons"."id" = "jobs"."requested_by" AND "runs"."user_name" = 'throughline';
