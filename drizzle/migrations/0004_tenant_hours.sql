-- By drizzle-kit. For the hours of one tenant; what commits update is in no column of it.
CREATE INDEX "session_deltas_tenant" ON "session_deltas" USING btree ("tenant_id","bucket_start");
