CREATE TABLE "gate_waivers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"model_version_id" uuid NOT NULL,
	"state" text NOT NULL,
	"items" jsonb NOT NULL,
	"reason" text NOT NULL,
	"risk" text NOT NULL,
	"days" integer NOT NULL,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	CONSTRAINT "gate_waivers_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "alert_rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"threshold" double precision NOT NULL,
	"for_minutes" integer NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"state" text NOT NULL,
	"sentence" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"opened_at" timestamp with time zone,
	"resolved_at" timestamp with time zone,
	"muted_until" timestamp with time zone,
	"muted_by" uuid
);
--> statement-breakpoint
CREATE TABLE "inference_windows" (
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"deployment_id" uuid NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"source" uuid NOT NULL,
	"requests" integer NOT NULL,
	"rows" integer NOT NULL,
	"client_errors" integer NOT NULL,
	"server_errors" integer NOT NULL,
	"latency" text NOT NULL,
	"scores" jsonb NOT NULL,
	"inputs" jsonb NOT NULL,
	CONSTRAINT "inference_windows_deployment_id_starts_at_source_pk" PRIMARY KEY("deployment_id","starts_at","source")
);
--> statement-breakpoint
CREATE TABLE "predictions" (
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"deployment_id" uuid NOT NULL,
	"request_id" uuid NOT NULL,
	"row" integer NOT NULL,
	"score" double precision NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"label" double precision,
	"labelled_at" timestamp with time zone,
	"labelled_by" text,
	CONSTRAINT "predictions_request_id_row_pk" PRIMARY KEY("request_id","row")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "reason_code" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "exit_code" integer;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "priority" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "run_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "memory_mb_max" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "cpu_seconds" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "executor" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "environment" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "replay_of" uuid;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "mode" text DEFAULT 'replace' NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "traffic_percent" integer DEFAULT 100 NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "rollback_of" uuid;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "waiver_id" uuid;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "reference" jsonb;--> statement-breakpoint
ALTER TABLE "gate_waivers" ADD CONSTRAINT "gate_waivers_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gate_waivers" ADD CONSTRAINT "gate_waivers_decided_by_persons_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gate_waivers" ADD CONSTRAINT "gate_waivers_engagement_id_model_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_muted_by_persons_id_fk" FOREIGN KEY ("muted_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inference_windows" ADD CONSTRAINT "inference_windows_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inference_windows" ADD CONSTRAINT "inference_windows_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "predictions" ADD CONSTRAINT "predictions_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "predictions" ADD CONSTRAINT "predictions_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "gate_waivers_one_open" ON "gate_waivers" USING btree ("model_version_id") WHERE state in ('requested', 'active');--> statement-breakpoint
CREATE INDEX "alert_rules_endpoint_id_index" ON "alert_rules" USING btree ("endpoint_id");--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_one_standing" ON "alerts" USING btree ("endpoint_id","subject") WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX "alerts_endpoint_id_since_index" ON "alerts" USING btree ("endpoint_id","since");--> statement-breakpoint
CREATE INDEX "inference_windows_endpoint_id_starts_at_index" ON "inference_windows" USING btree ("endpoint_id","starts_at");--> statement-breakpoint
CREATE INDEX "predictions_endpoint_id_at_index" ON "predictions" USING btree ("endpoint_id","at");--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_engagement_id_replay_of_jobs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","replay_of") REFERENCES "public"."jobs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_engagement_id_waiver_id_gate_waivers_engagement_id_id_fk" FOREIGN KEY ("engagement_id","waiver_id") REFERENCES "public"."gate_waivers"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_waiting" ON "jobs" USING btree ("engagement_id","run_at") WHERE state = 'queued';--> statement-breakpoint
CREATE UNIQUE INDEX "deployments_one_candidate" ON "deployments" USING btree ("endpoint_id") WHERE state = 'candidate';