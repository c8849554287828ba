-- By drizzle-kit, but for what is reported, which is by hand. What is doubtful of counters, sessions that a reading missed, which router answered.
ALTER TABLE "binding_counters" ADD COLUMN "doubts" jsonb;--> statement-breakpoint
ALTER TABLE "routers" ADD COLUMN "hotspot_device" jsonb;--> statement-breakpoint
ALTER TABLE "routers" ADD COLUMN "ppp_device" jsonb;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "domain" text;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "missed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "reported" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "doubts" jsonb;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "device" text;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "user_sessions_away" ON "user_sessions" USING btree ("tenant_id","router_id") WHERE device is not null;--> statement-breakpoint
-- It finds the last few when commits wait, and is dropped together with the column.
CREATE INDEX CONCURRENTLY "user_sessions_stalled" ON "user_sessions" USING btree ("tenant_id","router_id") WHERE stall_reported and status = 'active' and reported = 0;--> statement-breakpoint
DO $$ DECLARE router record; BEGIN
	FOR router IN SELECT tenant_id, id FROM tik.routers LOOP
		-- A router may have thousands of them, each on a page that must be read.
		LOOP
			PERFORM FROM tik.routers AS r WHERE r.tenant_id = router.tenant_id AND r.id = router.id FOR NO KEY UPDATE;
			UPDATE tik.user_sessions SET reported = 1 WHERE id IN (SELECT id FROM tik.user_sessions
				WHERE tenant_id = router.tenant_id AND router_id = router.id
					AND stall_reported AND status = 'active' AND reported = 0 LIMIT 200);
			EXIT WHEN NOT FOUND;
			COMMIT;
		END LOOP;
		COMMIT;
	END LOOP;
END $$;
--> statement-breakpoint
UPDATE "user_sessions" SET "reported" = 1 WHERE "stall_reported" AND "status" = 'active' AND "reported" = 0;--> statement-breakpoint
ALTER TABLE "user_sessions" DROP COLUMN "stall_reported";
