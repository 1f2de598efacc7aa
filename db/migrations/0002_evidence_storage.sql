CREATE TABLE "logged_model_files" (
	"engagement_id" uuid NOT NULL,
	"model_id" text NOT NULL,
	"path" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "logged_model_files_model_id_path_pk" PRIMARY KEY("model_id","path")
);
--> statement-breakpoint
CREATE TABLE "logged_model_params" (
	"engagement_id" uuid NOT NULL,
	"model_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "logged_model_params_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "logged_model_tags" (
	"engagement_id" uuid NOT NULL,
	"model_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "logged_model_tags_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "logged_models" (
	"id" text PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"experiment_id" bigint NOT NULL,
	"source_run_id" text,
	"name" text NOT NULL,
	"model_type" text DEFAULT '' NOT NULL,
	"status" text NOT NULL,
	"lifecycle_stage" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "logged_models_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "run_models" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"model_id" text NOT NULL,
	"direction" text NOT NULL,
	"step" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "run_models_run_id_model_id_direction_pk" PRIMARY KEY("run_id","model_id","direction")
);
--> statement-breakpoint
CREATE TABLE "metric_chunks" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"model_id" text NOT NULL,
	"part" integer NOT NULL,
	"step_from" bigint NOT NULL,
	"step_to" bigint NOT NULL,
	"timestamp_to" bigint NOT NULL,
	"value_to" double precision NOT NULL,
	"count" integer NOT NULL,
	"points" "bytea" NOT NULL,
	"rollup" "bytea" NOT NULL,
	CONSTRAINT "metric_chunks_run_id_key_dataset_name_dataset_digest_model_id_part_pk" PRIMARY KEY("run_id","key","dataset_name","dataset_digest","model_id","part")
);
--> statement-breakpoint
CREATE TABLE "metric_log" (
	"engagement_id" uuid NOT NULL,
	"run_id" text NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"keys" text[] NOT NULL,
	"count" integer NOT NULL,
	"points" "bytea" NOT NULL,
	"logged_at" timestamp with time zone NOT NULL,
	CONSTRAINT "metric_log_run_id_request_digest_pk" PRIMARY KEY("run_id","request_digest")
);
--> statement-breakpoint
CREATE TABLE "registry_moves" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"model_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"from_version" integer,
	"to_version" integer,
	"actor_name" text NOT NULL,
	"person_id" uuid,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"file_name" text NOT NULL,
	"sha256" text NOT NULL,
	"rows" integer NOT NULL,
	"imported_by" uuid NOT NULL,
	"imported_at" timestamp with time zone NOT NULL,
	CONSTRAINT "run_imports_engagementId_sha256_unique" UNIQUE("engagement_id","sha256"),
	CONSTRAINT "run_imports_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "upload_parts" (
	"engagement_id" uuid NOT NULL,
	"upload_id" uuid NOT NULL,
	"part" integer NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "upload_parts_upload_id_part_pk" PRIMARY KEY("upload_id","part")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"place" text NOT NULL,
	"secret_hash" text NOT NULL,
	"parts" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "uploads_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
ALTER TABLE "registered_models" DROP CONSTRAINT "registered_models_engagementId_name_unique";--> statement-breakpoint
ALTER TABLE "latest_metrics" DROP CONSTRAINT "latest_metrics_engagement_id_run_id_runs_engagement_id_id_fk";
--> statement-breakpoint
DROP INDEX "latest_metrics_engagement_id_key_value_index";--> statement-breakpoint
DROP INDEX "runs_experiment_id_start_time_index";--> statement-breakpoint
ALTER TABLE "latest_metrics" DROP CONSTRAINT "latest_metrics_run_id_key_dataset_name_dataset_digest_pk";--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "legal_basis" text;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "purposes" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "residency" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "retain_until" date;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "state_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "state_changed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "model_versions" ADD COLUMN "logged_model_id" text;--> statement-breakpoint
ALTER TABLE "model_versions" ADD COLUMN "stage" text DEFAULT 'None' NOT NULL;--> statement-breakpoint
ALTER TABLE "model_versions" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "registered_models" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "latest_metrics" ADD COLUMN "experiment_id" bigint;--> statement-breakpoint
UPDATE "latest_metrics" SET "experiment_id" = r."experiment_id" FROM "runs" r WHERE r."id" = "run_id";--> statement-breakpoint
ALTER TABLE "latest_metrics" ALTER COLUMN "experiment_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "latest_metrics" ADD COLUMN "model_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "latest_metrics" ADD CONSTRAINT "latest_metrics_run_id_key_dataset_name_dataset_digest_model_id_pk" PRIMARY KEY("run_id","key","dataset_name","dataset_digest","model_id");--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "import_id" uuid;--> statement-breakpoint
ALTER TABLE "logged_model_files" ADD CONSTRAINT "logged_model_files_engagement_id_model_id_logged_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."logged_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logged_model_params" ADD CONSTRAINT "logged_model_params_engagement_id_model_id_logged_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."logged_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logged_model_tags" ADD CONSTRAINT "logged_model_tags_engagement_id_model_id_logged_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."logged_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logged_models" ADD CONSTRAINT "logged_models_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logged_models" ADD CONSTRAINT "logged_models_engagement_id_experiment_id_experiments_engagement_id_id_fk" FOREIGN KEY ("engagement_id","experiment_id") REFERENCES "public"."experiments"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logged_models" ADD CONSTRAINT "logged_models_engagement_id_source_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","source_run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_models" ADD CONSTRAINT "run_models_engagement_id_run_id_runs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","run_id") REFERENCES "public"."runs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_models" ADD CONSTRAINT "run_models_engagement_id_model_id_logged_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."logged_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registry_moves" ADD CONSTRAINT "registry_moves_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registry_moves" ADD CONSTRAINT "registry_moves_engagement_id_model_id_registered_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_id") REFERENCES "public"."registered_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_imports" ADD CONSTRAINT "run_imports_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_imports" ADD CONSTRAINT "run_imports_imported_by_persons_id_fk" FOREIGN KEY ("imported_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upload_parts" ADD CONSTRAINT "upload_parts_engagement_id_upload_id_uploads_engagement_id_id_fk" FOREIGN KEY ("engagement_id","upload_id") REFERENCES "public"."uploads"("engagement_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "logged_model_files_engagement_id_sha256_index" ON "logged_model_files" USING btree ("engagement_id","sha256");--> statement-breakpoint
CREATE INDEX "logged_models_experiment_id_created_at_index" ON "logged_models" USING btree ("experiment_id","created_at");--> statement-breakpoint
CREATE INDEX "logged_models_source_run_id_index" ON "logged_models" USING btree ("source_run_id");--> statement-breakpoint
CREATE INDEX "run_models_model_id_index" ON "run_models" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "registry_moves_model_id_kind_name_id_index" ON "registry_moves" USING btree ("model_id","kind","name","id");--> statement-breakpoint
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_engagement_id_logged_model_id_logged_models_engagement_id_id_fk" FOREIGN KEY ("engagement_id","logged_model_id") REFERENCES "public"."logged_models"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_engagement_id_import_id_run_imports_engagement_id_id_fk" FOREIGN KEY ("engagement_id","import_id") REFERENCES "public"."run_imports"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "registered_models_name" ON "registered_models" USING btree ("engagement_id","name") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "latest_metrics_by_value" ON "latest_metrics" USING btree ("experiment_id","key","value");--> statement-breakpoint
CREATE INDEX "latest_metrics_of_model" ON "latest_metrics" USING btree ("model_id") WHERE model_id <> '';--> statement-breakpoint
CREATE INDEX "run_params_by_value" ON "run_params" USING btree ("engagement_id","key",left(value, 200));--> statement-breakpoint
CREATE INDEX "run_tags_by_value" ON "run_tags" USING btree ("engagement_id","key",left(value, 200));--> statement-breakpoint
CREATE INDEX "runs_newest" ON "runs" USING btree ("experiment_id",start_time desc nulls last,"id");--> statement-breakpoint
-- Hot rows: room for the next value on the same page, so that an update needs no new index entry of the key.
ALTER TABLE "latest_metrics" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
-- Chunks are compressed already.
ALTER TABLE "metric_chunks" ALTER COLUMN "points" SET STORAGE EXTERNAL;--> statement-breakpoint
-- Points that were logged before: one row of the log for each series, in the codec's form 0.
INSERT INTO "metric_log" ("engagement_id", "run_id", "request_digest", "keys", "count", "points", "logged_at")
SELECT "engagement_id", "run_id", decode(md5(concat_ws(E'\n', "run_id", "key", "dataset_name", "dataset_digest")), 'hex'), array["key"], count(*)::int,
  '\x00'::bytea || int4send(octet_length("dataset_name")) || convert_to("dataset_name", 'UTF8')
    || int4send(octet_length("dataset_digest")) || convert_to("dataset_digest", 'UTF8') || int4send(count(*)::int)
    || string_agg(int8send("step") || int8send("timestamp") || float8send("value"), ''::bytea ORDER BY "step", "timestamp", "value"), now()
FROM "metric_points" GROUP BY "engagement_id", "run_id", "key", "dataset_name", "dataset_digest";
