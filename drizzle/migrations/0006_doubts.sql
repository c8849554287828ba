-- By drizzle-kit, but for the update. What is doubtful of counters, sessions that a reading missed, which router answered.
ALTER TABLE "binding_counters" ADD COLUMN "doubts" jsonb;--> statement-breakpoint
ALTER TABLE "routers" ADD COLUMN "hotspot_device" jsonb;--> statement-breakpoint
ALTER TABLE "routers" ADD COLUMN "ppp_device" jsonb;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "domain" text;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "missed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "reported" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "doubts" jsonb;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "device" text;--> statement-breakpoint
CREATE INDEX "user_sessions_away" ON "user_sessions" USING btree ("tenant_id","router_id") WHERE device is not null;--> statement-breakpoint
UPDATE "user_sessions" SET "reported" = 1 WHERE "stall_reported" AND "status" = 'active';--> statement-breakpoint
ALTER TABLE "user_sessions" DROP COLUMN "stall_reported";
