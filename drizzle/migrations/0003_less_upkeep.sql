-- By hand. The index without the day, so that commits go by the key.
CREATE INDEX CONCURRENTLY "usage_daily_username_new" ON "usage_daily" USING btree ("tenant_id","username");--> statement-breakpoint
DROP INDEX "usage_daily_username";--> statement-breakpoint
ALTER INDEX "usage_daily_username_new" RENAME TO "usage_daily_username";--> statement-breakpoint
-- Each open session leaves one dead row behind, which its next update clears away: to vacuum cleans
-- nothing, and to analyze every minute finds nothing new, at a fifth of what the commits take. `partitions.ts` makes
-- the partitions that come.
ALTER TABLE "user_sessions" SET (autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 10);--> statement-breakpoint
ALTER TABLE "usage_daily" SET (autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 10);--> statement-breakpoint
DO $$ DECLARE part regclass; BEGIN
	FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'session_deltas'::regclass LOOP
		EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 10)', part);
	END LOOP;
END $$;
