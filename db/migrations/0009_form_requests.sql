CREATE TABLE "form_requests" (
	"person_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"location" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "form_requests_person_id_digest_pk" PRIMARY KEY("person_id","digest")
);
--> statement-breakpoint
ALTER TABLE "form_requests" ADD CONSTRAINT "form_requests_person_id_persons_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."persons"("id") ON DELETE no action ON UPDATE no action;