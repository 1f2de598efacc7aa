DROP INDEX "run_params_by_value";--> statement-breakpoint
DROP INDEX "run_tags_by_value";--> statement-breakpoint
CREATE INDEX "run_params_by_value" ON "run_params" USING btree ("key","engagement_id","value_start");--> statement-breakpoint
CREATE INDEX "run_tags_by_value" ON "run_tags" USING btree ("key","engagement_id","value_start");