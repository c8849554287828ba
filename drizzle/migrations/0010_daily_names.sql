-- By drizzle-kit. The names that were made before are counted in 0011_services, when no older daemon makes any more.
ALTER TABLE "tenant_usage_daily" ADD COLUMN "names" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_usage_daily" ADD COLUMN "has_others" boolean DEFAULT false NOT NULL;
