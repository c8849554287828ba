-- By drizzle-kit. Which process of each daemon is the newest.
CREATE TABLE "daemons" (
	"id" text PRIMARY KEY NOT NULL,
	"incarnation" bigint GENERATED ALWAYS AS IDENTITY (sequence name "daemons_incarnation_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL
);
