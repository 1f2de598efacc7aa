ALTER TABLE "deployments" ADD COLUMN "engine" text DEFAULT 'onnx' NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "replicas" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "placement" jsonb DEFAULT '[]'::jsonb NOT NULL;