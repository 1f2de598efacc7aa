CREATE TABLE "retraining_moves" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"retraining_id" uuid NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"actor_name" text NOT NULL,
	"person_id" uuid,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrainings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"trigger" text NOT NULL,
	"trigger_note" text DEFAULT '' NOT NULL,
	"alert_id" uuid,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"base_version_id" uuid NOT NULL,
	"base_revision" integer NOT NULL,
	"recipe" jsonb,
	"datasets" jsonb,
	"job_id" uuid,
	"candidate_version_id" uuid,
	"deployment_id" uuid,
	"requested_by" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"rationale" text,
	"shown" jsonb,
	"ended_at" timestamp with time zone,
	CONSTRAINT "retrainings_engagementId_id_unique" UNIQUE("engagement_id","id"),
	CONSTRAINT "retrainings_alertId_unique" UNIQUE("alert_id")
);
--> statement-breakpoint
ALTER TABLE "schedules" ALTER COLUMN "payload" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD COLUMN "retrains" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD COLUMN "retraining_id" uuid;--> statement-breakpoint
ALTER TABLE "schedules" ADD COLUMN "endpoint_id" uuid;--> statement-breakpoint
ALTER TABLE "retraining_moves" ADD CONSTRAINT "retraining_moves_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retraining_moves" ADD CONSTRAINT "retraining_moves_engagement_id_retraining_id_retrainings_engagement_id_id_fk" FOREIGN KEY ("engagement_id","retraining_id") REFERENCES "public"."retrainings"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_requested_by_persons_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_decided_by_persons_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_engagement_id_base_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","base_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_engagement_id_candidate_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","candidate_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_engagement_id_job_id_jobs_engagement_id_id_fk" FOREIGN KEY ("engagement_id","job_id") REFERENCES "public"."jobs"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retrainings" ADD CONSTRAINT "retrainings_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "retraining_moves_retraining_id_id_index" ON "retraining_moves" USING btree ("retraining_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "retrainings_one_open" ON "retrainings" USING btree ("endpoint_id") WHERE state in ('checking', 'training', 'judging', 'awaiting_approval', 'deploying');--> statement-breakpoint
CREATE INDEX "retrainings_endpoint_id_requested_at_index" ON "retrainings" USING btree ("endpoint_id","requested_at");--> statement-breakpoint
ALTER TABLE "schedule_firings" ADD CONSTRAINT "schedule_firings_engagement_id_retraining_id_retrainings_engagement_id_id_fk" FOREIGN KEY ("engagement_id","retraining_id") REFERENCES "public"."retrainings"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_target" CHECK (("schedules"."payload" is null) = ("schedules"."endpoint_id" is not null));