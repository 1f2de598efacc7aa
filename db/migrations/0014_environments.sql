CREATE TABLE "environment_packages" (
	"engagement_id" uuid NOT NULL,
	"environment_version_id" uuid NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"file_name" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "environment_packages_environment_version_id_name_pk" PRIMARY KEY("environment_version_id","name")
);
--> statement-breakpoint
CREATE TABLE "environment_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"environment_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"note" text NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "environment_versions_environmentId_number_unique" UNIQUE("environment_id","number"),
	CONSTRAINT "environment_versions_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "environments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"name" text NOT NULL,
	"summary" text NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "environments_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "environments_engagementId_name_unique" UNIQUE("engagement_id","name")
);
--> statement-breakpoint
-- Jobs and schedules from before ran in the built-in environment.
UPDATE "jobs" SET "payload" = "payload" || '{"environmentVersionId": null}'::jsonb;--> statement-breakpoint
UPDATE "schedules" SET "payload" = "payload" || '{"environmentVersionId": null}'::jsonb WHERE "payload" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "environment_version_id" uuid GENERATED ALWAYS AS ((payload ->> 'environmentVersionId')::uuid) STORED;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "interpreter" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "environment_packages" ADD CONSTRAINT "environment_packages_engagement_id_environment_version_id_environment_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","environment_version_id") REFERENCES "public"."environment_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environment_versions" ADD CONSTRAINT "environment_versions_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environment_versions" ADD CONSTRAINT "environment_versions_engagement_id_environment_id_environments_engagement_id_id_fk" FOREIGN KEY ("engagement_id","environment_id") REFERENCES "public"."environments"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environments" ADD CONSTRAINT "environments_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environments" ADD CONSTRAINT "environments_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_engagement_id_environment_version_id_environment_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","environment_version_id") REFERENCES "public"."environment_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_environment_version_id_index" ON "jobs" USING btree ("environment_version_id");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_build" ON "jobs" USING btree ("environment_version_id") WHERE kind = 'build_environment' and state in ('queued', 'running', 'succeeded');