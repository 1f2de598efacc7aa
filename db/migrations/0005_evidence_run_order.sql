DROP INDEX "runs_newest";--> statement-breakpoint
CREATE INDEX "runs_newest" ON "runs" USING btree ("experiment_id",start_time desc,"id");