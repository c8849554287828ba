-- By drizzle-kit. The daemons that share the routers, what each of them lists, and the load of each router.
CREATE TABLE "daemon_lists" (
	"daemon_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"digest" text NOT NULL,
	"routers" text[] NOT NULL,
	CONSTRAINT "daemon_lists_daemon_id_tenant_id_pk" PRIMARY KEY("daemon_id","tenant_id")
);
--> statement-breakpoint
ALTER TABLE "router_leases" ADD COLUMN "is_offered" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "router_leases" ADD COLUMN "sessions" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "version" text;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "share" double precision DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "routers" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "sessions" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "list_digest" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "seen_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "daemons" ADD COLUMN "expires_at" timestamp (3) with time zone DEFAULT '-infinity' NOT NULL;--> statement-breakpoint
ALTER TABLE "daemon_lists" ADD CONSTRAINT "daemon_lists_daemon_id_daemons_id_fk" FOREIGN KEY ("daemon_id") REFERENCES "public"."daemons"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "router_leases_offered" ON "router_leases" USING btree ("owner") WHERE is_offered;