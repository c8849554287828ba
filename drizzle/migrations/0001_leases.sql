-- Written by drizzle-kit, then by hand: WITH. Every renewal updates every row, as commits do the tables of 0000_initial.
CREATE TABLE "router_leases" (
	"tenant_id" text NOT NULL,
	"router_id" text NOT NULL,
	"owner" text,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"expires_at" timestamp (3) with time zone DEFAULT '-infinity' NOT NULL,
	CONSTRAINT "router_leases_tenant_id_router_id_pk" PRIMARY KEY("tenant_id","router_id")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
--> statement-breakpoint
ALTER TABLE "routers" ADD COLUMN "committed_epoch" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "router_leases" ADD CONSTRAINT "router_leases_tenant_id_router_id_routers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","router_id") REFERENCES "public"."routers"("tenant_id","id") ON DELETE no action ON UPDATE no action;