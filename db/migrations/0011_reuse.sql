CREATE TABLE "borrowed_calls" (
	"engagement_id" uuid NOT NULL,
	"grant_id" uuid NOT NULL,
	"token_id" uuid NOT NULL,
	"day" timestamp with time zone NOT NULL,
	"asked" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "borrowed_calls_grant_id_token_id_day_pk" PRIMARY KEY("grant_id","token_id","day")
);
--> statement-breakpoint
CREATE TABLE "reuse_grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"model_version_id" uuid NOT NULL,
	"scope" text NOT NULL,
	"borrower" text NOT NULL,
	"purpose" text NOT NULL,
	"state" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"granted_by" uuid NOT NULL,
	"granted_at" timestamp with time zone NOT NULL,
	"active_at" timestamp with time zone,
	"decided_by" uuid,
	"decided_at" timestamp with time zone,
	"ended_by" uuid,
	"ended_at" timestamp with time zone,
	"end_reason" text DEFAULT '' NOT NULL,
	CONSTRAINT "reuse_grants_engagementId_id_unique" UNIQUE("engagement_id","id")
);
--> statement-breakpoint
CREATE TABLE "reuse_targets" (
	"engagement_id" uuid NOT NULL,
	"grant_id" uuid PRIMARY KEY NOT NULL,
	"to_engagement_id" uuid NOT NULL
);
--> statement-breakpoint
ALTER TABLE "borrowed_calls" ADD CONSTRAINT "borrowed_calls_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "borrowed_calls" ADD CONSTRAINT "borrowed_calls_grant_id_reuse_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."reuse_grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_grants" ADD CONSTRAINT "reuse_grants_granted_by_persons_id_fk" FOREIGN KEY ("granted_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_grants" ADD CONSTRAINT "reuse_grants_decided_by_persons_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_grants" ADD CONSTRAINT "reuse_grants_ended_by_persons_id_fk" FOREIGN KEY ("ended_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_grants" ADD CONSTRAINT "reuse_grants_engagement_id_endpoint_id_endpoints_engagement_id_id_fk" FOREIGN KEY ("engagement_id","endpoint_id") REFERENCES "public"."endpoints"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_grants" ADD CONSTRAINT "reuse_grants_engagement_id_model_version_id_model_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","model_version_id") REFERENCES "public"."model_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_targets" ADD CONSTRAINT "reuse_targets_to_engagement_id_engagements_id_fk" FOREIGN KEY ("to_engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reuse_targets" ADD CONSTRAINT "reuse_targets_engagement_id_grant_id_reuse_grants_engagement_id_id_fk" FOREIGN KEY ("engagement_id","grant_id") REFERENCES "public"."reuse_grants"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "borrowed_calls_engagement_id_index" ON "borrowed_calls" USING btree ("engagement_id");--> statement-breakpoint
CREATE INDEX "reuse_grants_endpoint_id_index" ON "reuse_grants" USING btree ("endpoint_id");--> statement-breakpoint
CREATE INDEX "reuse_targets_to_engagement_id_index" ON "reuse_targets" USING btree ("to_engagement_id");