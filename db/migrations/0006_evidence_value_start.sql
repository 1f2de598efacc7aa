DROP INDEX "run_params_by_value";--> statement-breakpoint
DROP INDEX "run_tags_by_value";--> statement-breakpoint
ALTER TABLE "run_params" ADD COLUMN "value_start" text GENERATED ALWAYS AS (left(value, 200)) STORED;--> statement-breakpoint
ALTER TABLE "run_tags" ADD COLUMN "value_start" text GENERATED ALWAYS AS (left(value, 200)) STORED;--> statement-breakpoint
CREATE INDEX "run_params_by_value" ON "run_params" USING btree ("engagement_id","key","value_start");--> statement-breakpoint
CREATE INDEX "run_tags_by_value" ON "run_tags" USING btree ("engagement_id","key","value_start");