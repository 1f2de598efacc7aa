-- At most one agreed version of a criterion, and one live revision of an endpoint, at any instant.
CREATE EXTENSION IF NOT EXISTS btree_gist;--> statement-breakpoint
ALTER TABLE criterion_versions ADD CONSTRAINT criterion_versions_agreed_apart
  EXCLUDE USING gist (criterion_id WITH =, tstzrange(agreed_at, ended_at) WITH &&) WHERE (agreed_at IS NOT NULL);--> statement-breakpoint
ALTER TABLE problem_statements ADD CONSTRAINT problem_statements_agreed_apart
  EXCLUDE USING gist (engagement_id WITH =, tstzrange(agreed_at, ended_at) WITH &&) WHERE (agreed_at IS NOT NULL);--> statement-breakpoint
ALTER TABLE deployments ADD CONSTRAINT deployments_live_apart
  EXCLUDE USING gist (endpoint_id WITH =, tstzrange(live_from, live_until) WITH &&) WHERE (live_from IS NOT NULL);
