-- The table by drizzle-kit, the trigger by hand: what was decided stands, whoever has rights to the tables.
CREATE TABLE "event_decisions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "event_decisions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" bigint NOT NULL,
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"kind" text NOT NULL,
	"detail" jsonb NOT NULL,
	"decision" text NOT NULL,
	"upload" bigint NOT NULL,
	"download" bigint NOT NULL,
	"day" date,
	"username" text,
	"reason" text NOT NULL,
	"decided_by" text NOT NULL,
	"decided_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_decisions_once" UNIQUE("event_id"),
	CONSTRAINT "event_decisions_decision_check" CHECK ("event_decisions"."decision" in ('accepted', 'rejected')),
	CONSTRAINT "event_decisions_bytes_check" CHECK (("event_decisions"."decision" = 'accepted') = ("event_decisions"."day" is not null and "event_decisions"."username" is not null))
);
--> statement-breakpoint
CREATE FUNCTION "event_decisions_stand"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE EXCEPTION 'event_decisions is append-only: a decision stands' USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;
--> statement-breakpoint
CREATE TRIGGER "event_decisions_stand" BEFORE UPDATE OR DELETE OR TRUNCATE ON "event_decisions" FOR EACH STATEMENT EXECUTE FUNCTION "event_decisions_stand"();
