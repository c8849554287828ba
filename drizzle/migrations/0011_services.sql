-- Written by drizzle-kit, then by hand: WITH, the inserts, the names, and the service of the bindings there are, which are PPP's. What
-- was read last has a row for each service of a router, so that another service needs no column. Every commit updates it.
CREATE TABLE "router_services" (
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"service" text NOT NULL,
	"reading_at" timestamp (3) with time zone NOT NULL,
	"steady_at" timestamp (3) with time zone NOT NULL,
	"boot_earliest_at" timestamp (3) with time zone NOT NULL,
	"boot_latest_at" timestamp (3) with time zone NOT NULL,
	"device" jsonb,
	CONSTRAINT "router_services_tenant_id_router_id_service_pk" PRIMARY KEY("tenant_id","router_id","service")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
--> statement-breakpoint
INSERT INTO "router_services" SELECT "tenant_id", "id", 'hotspot', "hotspot_reading_at", "hotspot_steady_at", "hotspot_boot_earliest_at", "hotspot_boot_latest_at", "hotspot_device" FROM "routers" WHERE num_nulls("hotspot_reading_at", "hotspot_steady_at", "hotspot_boot_earliest_at", "hotspot_boot_latest_at") = 0;--> statement-breakpoint
INSERT INTO "router_services" SELECT "tenant_id", "id", 'ppp', "ppp_reading_at", "ppp_steady_at", "ppp_boot_earliest_at", "ppp_boot_latest_at", "ppp_device" FROM "routers" WHERE num_nulls("ppp_reading_at", "ppp_steady_at", "ppp_boot_earliest_at", "ppp_boot_latest_at") = 0;--> statement-breakpoint
ALTER TABLE "user_sessions" DROP CONSTRAINT "user_sessions_service_check";--> statement-breakpoint
ALTER TABLE "binding_counters" DROP CONSTRAINT "binding_counters_tenant_id_router_id_interface_pk";--> statement-breakpoint
ALTER TABLE "binding_counters" ADD COLUMN "service" text DEFAULT 'ppp' NOT NULL;--> statement-breakpoint
ALTER TABLE "binding_counters" ALTER COLUMN "service" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "binding_counters" ADD CONSTRAINT "binding_counters_tenant_id_router_id_service_interface_pk" PRIMARY KEY("tenant_id","router_id","service","interface");--> statement-breakpoint
ALTER TABLE "router_services" ADD CONSTRAINT "router_services_tenant_id_router_id_routers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","router_id") REFERENCES "public"."routers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "hotspot_reading_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "hotspot_steady_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "hotspot_boot_earliest_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "hotspot_boot_latest_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "ppp_reading_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "ppp_steady_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "ppp_boot_earliest_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "ppp_boot_latest_at";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "hotspot_device";--> statement-breakpoint
ALTER TABLE "routers" DROP COLUMN "ppp_device";--> statement-breakpoint
-- Names of the days that commits still go to.
DO $$ DECLARE router record; BEGIN
	FOR router IN SELECT DISTINCT tenant_id, router_id AS id FROM tik.tenant_usage_daily WHERE day >= current_date - 2 LOOP
		PERFORM FROM tik.routers AS r WHERE r.tenant_id = router.tenant_id AND r.id = router.id FOR NO KEY UPDATE;
		UPDATE tik.tenant_usage_daily AS t SET names = (SELECT count(*) FROM tik.usage_daily AS u
				WHERE u.tenant_id = t.tenant_id AND u.day = t.day AND u.router_id = t.router_id
					AND u.service = t.service AND u.username <> '(others)')
			WHERE t.tenant_id = router.tenant_id AND t.router_id = router.id AND t.day >= current_date - 2;
		COMMIT;
	END LOOP;
END $$;
