-- By drizzle-kit, and by hand on each partition first. For the hours of one tenant; what commits update is in no column of it.
CREATE INDEX CONCURRENTLY "session_deltas_tenant" ON "session_deltas" USING btree ("tenant_id","bucket_start");--> statement-breakpoint
CREATE INDEX "session_deltas_tenant" ON "session_deltas" USING btree ("tenant_id","bucket_start");
