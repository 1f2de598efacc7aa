CREATE TABLE "criterion_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"criterion_version_id" uuid NOT NULL,
	"value" double precision NOT NULL,
	"window_from" date NOT NULL,
	"window_to" date NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"reported_by" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "decision_checkpoints" (
	"organisation_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"note" text NOT NULL,
	"key_id" text NOT NULL,
	"public_key" text NOT NULL,
	"signature" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "decision_checkpoints_organisation_id_seq_pk" PRIMARY KEY("organisation_id","seq")
);
--> statement-breakpoint
CREATE TABLE "sign_off_conditions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"sign_off_id" uuid NOT NULL,
	"text" text NOT NULL,
	"due" date NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"met_at" timestamp with time zone,
	"met_by" uuid,
	"met_note" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_off_feedback" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"sign_off_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"grade" text NOT NULL,
	"note" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"answer" text,
	"answered_by" uuid,
	"answered_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "register_dependants" (
	"engagement_id" uuid NOT NULL,
	"item_id" uuid NOT NULL,
	"criterion_id" uuid NOT NULL,
	CONSTRAINT "register_dependants_item_id_criterion_id_pk" PRIMARY KEY("item_id","criterion_id")
);
--> statement-breakpoint
CREATE TABLE "register_items" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"body" text DEFAULT '' NOT NULL,
	"state" text NOT NULL,
	"owner_id" uuid,
	"likelihood" text DEFAULT 'medium' NOT NULL,
	"impact" text DEFAULT 'medium' NOT NULL,
	"due" date,
	"source_rule" text DEFAULT '' NOT NULL,
	"audience" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	"settled_by" uuid,
	"settled_note" text DEFAULT '' NOT NULL,
	CONSTRAINT "register_items_engagementId_key_unique" UNIQUE("engagement_id","key")
);
--> statement-breakpoint
CREATE TABLE "seat_delegations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"seat_id" uuid NOT NULL,
	"from_person_id" uuid NOT NULL,
	"to_person_id" uuid NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "seat_holders" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"seat_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"invited_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"end_reason" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "waivers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"engagement_id" uuid NOT NULL,
	"gate" text NOT NULL,
	"reason" text NOT NULL,
	"risk" text NOT NULL,
	"approved_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"close_reason" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "decision_records" ALTER COLUMN "sign_off_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "decision_records" ADD COLUMN "title" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "decision_records" ADD COLUMN "on_behalf_of" uuid;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD COLUMN "state_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD COLUMN "rule" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD COLUMN "author_id" uuid;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "engagements" ADD COLUMN "template" text DEFAULT 'blank' NOT NULL;--> statement-breakpoint
ALTER TABLE "engagements" ADD COLUMN "risk_tier" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "engagements" ADD COLUMN "signing_rule" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "raci_by_kind" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "required_note" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "needed_by" date;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "state" text DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "state_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "state_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "seats" ADD COLUMN "state_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "criterion_reports" ADD CONSTRAINT "criterion_reports_reported_by_persons_id_fk" FOREIGN KEY ("reported_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "criterion_reports" ADD CONSTRAINT "criterion_reports_engagement_id_criterion_version_id_criterion_versions_engagement_id_id_fk" FOREIGN KEY ("engagement_id","criterion_version_id") REFERENCES "public"."criterion_versions"("engagement_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision_checkpoints" ADD CONSTRAINT "decision_checkpoints_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_conditions" ADD CONSTRAINT "sign_off_conditions_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_conditions" ADD CONSTRAINT "sign_off_conditions_sign_off_id_sign_offs_id_fk" FOREIGN KEY ("sign_off_id") REFERENCES "public"."sign_offs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_conditions" ADD CONSTRAINT "sign_off_conditions_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_conditions" ADD CONSTRAINT "sign_off_conditions_met_by_persons_id_fk" FOREIGN KEY ("met_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_feedback" ADD CONSTRAINT "sign_off_feedback_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_feedback" ADD CONSTRAINT "sign_off_feedback_sign_off_id_sign_offs_id_fk" FOREIGN KEY ("sign_off_id") REFERENCES "public"."sign_offs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_feedback" ADD CONSTRAINT "sign_off_feedback_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_off_feedback" ADD CONSTRAINT "sign_off_feedback_answered_by_persons_id_fk" FOREIGN KEY ("answered_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_dependants" ADD CONSTRAINT "register_dependants_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_dependants" ADD CONSTRAINT "register_dependants_item_id_register_items_id_fk" FOREIGN KEY ("item_id") REFERENCES "public"."register_items"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_dependants" ADD CONSTRAINT "register_dependants_criterion_id_criteria_id_fk" FOREIGN KEY ("criterion_id") REFERENCES "public"."criteria"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_items" ADD CONSTRAINT "register_items_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_items" ADD CONSTRAINT "register_items_owner_id_persons_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_items" ADD CONSTRAINT "register_items_created_by_persons_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "register_items" ADD CONSTRAINT "register_items_settled_by_persons_id_fk" FOREIGN KEY ("settled_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_delegations" ADD CONSTRAINT "seat_delegations_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_delegations" ADD CONSTRAINT "seat_delegations_seat_id_seats_id_fk" FOREIGN KEY ("seat_id") REFERENCES "public"."seats"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_delegations" ADD CONSTRAINT "seat_delegations_from_person_id_persons_id_fk" FOREIGN KEY ("from_person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_delegations" ADD CONSTRAINT "seat_delegations_to_person_id_persons_id_fk" FOREIGN KEY ("to_person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_holders" ADD CONSTRAINT "seat_holders_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_holders" ADD CONSTRAINT "seat_holders_seat_id_seats_id_fk" FOREIGN KEY ("seat_id") REFERENCES "public"."seats"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_holders" ADD CONSTRAINT "seat_holders_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waivers" ADD CONSTRAINT "waivers_engagement_id_engagements_id_fk" FOREIGN KEY ("engagement_id") REFERENCES "public"."engagements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waivers" ADD CONSTRAINT "waivers_approved_by_persons_id_fk" FOREIGN KEY ("approved_by") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "criterion_reports_criterion_version_id_at_index" ON "criterion_reports" USING btree ("criterion_version_id","at");--> statement-breakpoint
CREATE INDEX "sign_off_conditions_engagement_id_sign_off_id_index" ON "sign_off_conditions" USING btree ("engagement_id","sign_off_id");--> statement-breakpoint
CREATE INDEX "sign_off_feedback_engagement_id_sign_off_id_index" ON "sign_off_feedback" USING btree ("engagement_id","sign_off_id");--> statement-breakpoint
CREATE INDEX "register_dependants_criterion_id_index" ON "register_dependants" USING btree ("criterion_id");--> statement-breakpoint
CREATE INDEX "register_items_engagement_id_kind_state_index" ON "register_items" USING btree ("engagement_id","kind","state");--> statement-breakpoint
CREATE INDEX "seat_delegations_engagement_id_seat_id_index" ON "seat_delegations" USING btree ("engagement_id","seat_id");--> statement-breakpoint
CREATE INDEX "seat_delegations_to_person_id_index" ON "seat_delegations" USING btree ("to_person_id");--> statement-breakpoint
CREATE INDEX "seat_holders_engagement_id_seat_id_index" ON "seat_holders" USING btree ("engagement_id","seat_id");--> statement-breakpoint
CREATE INDEX "waivers_engagement_id_index" ON "waivers" USING btree ("engagement_id");--> statement-breakpoint
ALTER TABLE "decision_records" ADD CONSTRAINT "decision_records_on_behalf_of_persons_id_fk" FOREIGN KEY ("on_behalf_of") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_offs" ADD CONSTRAINT "sign_offs_author_id_persons_id_fk" FOREIGN KEY ("author_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
UPDATE "seats" SET "state" = 'accepted', "state_at" = "held_from" WHERE "person_id" IS NOT NULL;--> statement-breakpoint
INSERT INTO "seat_holders" ("id", "engagement_id", "seat_id", "person_id", "invited_at", "accepted_at") SELECT gen_random_uuid(), "engagement_id", "id", "person_id", coalesce("held_from", "created_at"), coalesce("held_from", "created_at") FROM "seats" WHERE "person_id" IS NOT NULL;
