-- By hand. While the new key is built on each partition commits go on; the exchange takes a moment.
CREATE UNIQUE INDEX CONCURRENTLY "session_deltas_bucket_start_session_id_pk" ON "session_deltas" USING btree ("bucket_start","session_id");--> statement-breakpoint
DROP INDEX "session_deltas_bucket";--> statement-breakpoint
ALTER TABLE "session_deltas" DROP CONSTRAINT "session_deltas_session_id_bucket_start_pk";--> statement-breakpoint
DO $$ DECLARE part text; BEGIN
	FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'session_deltas'::regclass LOOP
		IF to_regclass(part || '_bucket_start_session_id_idx') IS NOT NULL THEN
			EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I', part, part || '_pkey', part || '_bucket_start_session_id_idx');
		END IF;
	END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE "session_deltas" ADD CONSTRAINT "session_deltas_bucket_start_session_id_pk" PRIMARY KEY("bucket_start","session_id");--> statement-breakpoint
-- To store data_used takes a seventh of all that a commit takes. PostgreSQL 18 and later need not: there it is worked
-- out when it is read.
DO $$ BEGIN
	IF current_setting('server_version_num')::int >= 180000 THEN
		EXECUTE 'ALTER TABLE "user_sessions" DROP COLUMN "data_used"';
		EXECUTE 'ALTER TABLE "user_sessions" ADD COLUMN "data_used" bigint GENERATED ALWAYS AS (data_upload + data_download) VIRTUAL';
	END IF;
END $$;
