-- By drizzle-kit, but for the update: names of the days that commits still go to have been made, too.
ALTER TABLE "tenant_usage_daily" ADD COLUMN "names" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_usage_daily" ADD COLUMN "has_others" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "tenant_usage_daily" AS t SET "names" = (SELECT count(*) FROM "usage_daily" AS u WHERE u."tenant_id" = t."tenant_id" AND u."day" = t."day" AND u."router_id" = t."router_id" AND u."service" = t."service") WHERE t."day" >= current_date - 2;
