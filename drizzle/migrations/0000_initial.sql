-- Written by drizzle-kit, then by hand: PARTITION BY, and WITH. Of a row that every commit updates each page holds the old
-- version and the new: half full, updates are heap-only from the first one on, and tables end up smaller than those
-- that began full. Vacuum comes before much of a table is dead.
CREATE TABLE "binding_counters" (
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"interface" text NOT NULL,
	"upload" bigint NOT NULL,
	"download" bigint NOT NULL,
	CONSTRAINT "binding_counters_tenant_id_router_id_interface_pk" PRIMARY KEY("tenant_id","router_id","interface")
) WITH (fillfactor = 50);
--> statement-breakpoint
CREATE TABLE "ledger_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ledger_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"kind" text NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "routers" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"host" text NOT NULL,
	"removed_at" timestamp (3) with time zone,
	"position" bigint DEFAULT 0 NOT NULL,
	"last_reading_at" timestamp (3) with time zone,
	"hotspot_reading_at" timestamp (3) with time zone,
	"hotspot_steady_at" timestamp (3) with time zone,
	"hotspot_boot_earliest_at" timestamp (3) with time zone,
	"hotspot_boot_latest_at" timestamp (3) with time zone,
	"ppp_reading_at" timestamp (3) with time zone,
	"ppp_steady_at" timestamp (3) with time zone,
	"ppp_boot_earliest_at" timestamp (3) with time zone,
	"ppp_boot_latest_at" timestamp (3) with time zone,
	CONSTRAINT "routers_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
--> statement-breakpoint
CREATE TABLE "session_deltas" (
	"session_id" uuid NOT NULL,
	"bucket_start" timestamp (3) with time zone NOT NULL,
	"tenant_id" text NOT NULL,
	"upload" bigint NOT NULL,
	"download" bigint NOT NULL,
	CONSTRAINT "session_deltas_session_id_bucket_start_pk" PRIMARY KEY("session_id","bucket_start")
) PARTITION BY RANGE ("bucket_start");
--> statement-breakpoint
CREATE TABLE "tenant_usage_daily" (
	"tenant_id" text NOT NULL,
	"day" date NOT NULL,
	"router_id" text NOT NULL,
	"service" text NOT NULL,
	"upload" bigint NOT NULL,
	"download" bigint NOT NULL,
	CONSTRAINT "tenant_usage_daily_tenant_id_day_router_id_service_pk" PRIMARY KEY("tenant_id","day","router_id","service")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"timezone" text NOT NULL,
	"removed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "usage_daily" (
	"tenant_id" text NOT NULL,
	"day" date NOT NULL,
	"router_id" text NOT NULL,
	"service" text NOT NULL,
	"username" text NOT NULL,
	"upload" bigint NOT NULL,
	"download" bigint NOT NULL,
	CONSTRAINT "usage_daily_tenant_id_day_router_id_service_username_pk" PRIMARY KEY("tenant_id","day","router_id","service","username")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
--> statement-breakpoint
CREATE TABLE "user_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"service" text NOT NULL,
	"protocol" text NOT NULL,
	"username" text NOT NULL,
	"mac_address" text,
	"ip_address" text,
	"router_session_id" text,
	"status" text NOT NULL,
	"start_time" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"end_time" timestamp (3) with time zone,
	"end_reason" text,
	"data_upload" bigint NOT NULL,
	"data_download" bigint NOT NULL,
	"data_used" bigint GENERATED ALWAYS AS (data_upload + data_download) STORED,
	"server" text,
	"caller_id" text,
	"binding" text,
	"counter_upload" bigint,
	"counter_download" bigint,
	"counted_since" timestamp (3) with time zone,
	"owed_from" text,
	"login_earliest_at" timestamp (3) with time zone NOT NULL,
	"login_latest_at" timestamp (3) with time zone NOT NULL,
	"last_moved_at" timestamp (3) with time zone NOT NULL,
	"stall_reported" boolean NOT NULL,
	CONSTRAINT "user_sessions_service_check" CHECK ("user_sessions"."service" in ('hotspot', 'ppp')),
	CONSTRAINT "user_sessions_status_check" CHECK ("user_sessions"."status" in ('active', 'ended'))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE "routers" ADD CONSTRAINT "routers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD CONSTRAINT "user_sessions_tenant_id_router_id_routers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","router_id") REFERENCES "public"."routers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ledger_events_tenant" ON "ledger_events" USING btree ("tenant_id","at");--> statement-breakpoint
CREATE INDEX "ledger_events_at" ON "ledger_events" USING brin ("at");--> statement-breakpoint
CREATE INDEX "session_deltas_bucket" ON "session_deltas" USING brin ("bucket_start");--> statement-breakpoint
CREATE INDEX "usage_daily_username" ON "usage_daily" USING btree ("tenant_id","username","day");--> statement-breakpoint
CREATE INDEX "user_sessions_active" ON "user_sessions" USING btree ("tenant_id","router_id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "user_sessions_username" ON "user_sessions" USING btree ("tenant_id","username","start_time");--> statement-breakpoint
CREATE INDEX "user_sessions_start" ON "user_sessions" USING btree ("tenant_id","start_time","id");--> statement-breakpoint
CREATE INDEX "user_sessions_ended" ON "user_sessions" USING btree ("end_time") WHERE status = 'ended';